"""Whether a database is one that this code can work on: its revision, its tables and columns, and our rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.errors import NotMigrated, Unavailable
from services.persistence.driver_errors import ReadOnly
from services.persistence.schema import Schema
from services.persistence.unit_of_work import ReadSession

_STATE = text(
    "SELECT ARRAY(SELECT CAST(version_num AS text) FROM alembic_version ORDER BY 1) AS revisions,"
    " CAST(current_setting('transaction_read_only') AS boolean) AS read_only,"
    " (has_table_privilege(to_regclass('outbox'), 'INSERT') AND has_table_privilege(to_regclass('outbox'), 'DELETE'))"
    " IS NOT FALSE AS may_write"
)
_MISSING = text("""
    SELECT DISTINCT CASE WHEN to_regclass(needed.name) IS NULL THEN needed.name
                         ELSE needed.name || '.' || needed.attribute END
    FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS needed (name, attribute)
    WHERE NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass(needed.name) AND attname = needed.attribute AND NOT attisdropped
    )
    ORDER BY 1
""")
"""Tables and columns that the code names and the database has not."""
_DEMANDED = text("""
    SELECT DISTINCT needed.name || '.' || attname
    FROM unnest(CAST(:tables AS text[])) AS needed (name) JOIN pg_attribute ON attrelid = to_regclass(needed.name)
    WHERE attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef AND attidentity = ''
      AND NOT EXISTS (
        SELECT FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS known (name, attribute)
        WHERE known.name = needed.name AND known.attribute = attname
      )
    ORDER BY 1
""")
"""Columns that the code does not know, and without which no row can be inserted."""
_HIDDEN = text("""
    SELECT DISTINCT needed.name FROM unnest(CAST(:tables AS text[])) AS needed (name)
    WHERE NOT has_table_privilege(to_regclass(needed.name), 'SELECT')
    ORDER BY 1
""")
"""Tables that are there, and that the role may not read."""
_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What the catalog says. Columns are named as TABLE.COLUMN; of a table that is missing the table alone."""

    revisions: Sequence[str]
    may_write: bool
    missing: Sequence[str] = ()
    demanded: Sequence[str] = ()
    hidden: Sequence[str] = ()


async def look(session: ReadSession, schema: Schema | None) -> Found:
    """Ask the catalog. Raises ReadOnly where the session cannot write."""
    row = (await session.execute(_STATE)).one()
    if row.read_only:
        raise ReadOnly("the database is read-only")
    if not schema:
        return Found(row.revisions, row.may_write)
    columns = [(table.name, column.name) for table in schema.metadata.tables.values() for column in table.columns]
    needed = {"tables": [table for table, _ in columns], "columns": [column for _, column in columns]}
    return Found(
        row.revisions,
        row.may_write,
        (await session.scalars(_MISSING, needed)).all(),
        (await session.scalars(_DEMANDED, needed)).all(),
        (await session.scalars(_HIDDEN, {"tables": needed["tables"]})).all(),
    )


def judge(found: Found, schema: Schema | None) -> str | None:
    """Raises NotMigrated or Unavailable where the code cannot work on it; returns a note where it can, and the database
    is newer than the code."""
    note = _judge_schema(found, schema) if schema else None
    if found.hidden:
        raise Unavailable(f"the database role may not read {_some(found.hidden)}: grant it the rights of the tables")
    if not found.may_write:
        raise Unavailable("the database role may not write to the outbox: grant it the rights of the tables")
    return note


def _judge_schema(found: Found, schema: Schema) -> str | None:
    needs = f"this version needs {schema.revision}"
    if len(found.revisions) != 1:
        at = f"at {len(found.revisions)} revisions ({_some(found.revisions)})" if found.revisions else "at no revision"
        raise NotMigrated(f"the database is {at}, {needs}: {_REMEDIES['foreign']}")
    [revision] = found.revisions
    standing = schema.standing(revision)
    at = f"the database is at {revision}"
    if standing == "older":
        raise NotMigrated(f"{at}, {needs}: run `drive migrate {schema.service}`")
    if standing == "foreign":
        raise NotMigrated(f"{at}, which is no revision of {schema.service}, {needs}: {_REMEDIES[standing]}")
    if misfit := _misfit(found):
        raise NotMigrated(f"{at}, {needs}, and {misfit}: {_REMEDIES[standing]}")
    if standing == "newer":
        return f"{at}, which is newer than {schema.revision} of this version, and has all that it needs"
    return None


def _misfit(found: Found) -> str:
    lacks = [f"it lacks {_some(found.missing)}"] if found.missing else []
    demands = [f"it demands {_some(found.demanded)}"] if found.demanded else []
    return " and ".join(lacks + demands)


_REMEDIES = {
    "foreign": "correct the URL of the database, or restore the database from a backup",
    "same": "its tables were changed by hand or restored in part; restore it from a backup",
    "newer": "start the version that it was migrated by, or restore it from a backup of before",
}


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more

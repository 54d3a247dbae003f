"""The tables that the code describes are the tables that the migrations make, down to PostgreSQL's own catalog."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from sqlalchemy import Connection, MetaData, func, select, table, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import create_async_engine

from drive.hosting.services import SERVICES, ServiceName
from migrations.upgrade import upgrade
from tests.support.postgres import Databases

PACKAGES = {"enrolment": "enrolment_api", "targets": "targets_api", "notifications": "notifications"}

_TABLES = """
    SELECT c.relname, c.relpersistence::text, array_to_string(ARRAY(SELECT unnest(c.reloptions) ORDER BY 1), ', ')
    FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
           pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname <> 'alembic_version'
"""
# NOT NULL is compared with the column: only since version 18 it is a constraint, whose name outlives a renamed table.
_CONSTRAINTS = """
    SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype <> 'n' AND conrelid <> 0 AND connamespace = 'public'::regnamespace
      AND conrelid::regclass::text <> 'alembic_version'
"""
_INDEXES = """
    SELECT pg_get_indexdef(c.oid), c.reloptions FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND i.indrelid::regclass::text <> 'alembic_version'
"""
_VIEWS = "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
_TRIGGERS = "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal"
_FUNCTIONS = """
    SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
"""
_EXTENSIONS = "SELECT extname FROM pg_extension"
_KINDS = {
    "table": _TABLES,
    "column": _COLUMNS,
    "constraint": _CONSTRAINTS,
    "index": _INDEXES,
    "view": _VIEWS,
    "trigger": _TRIGGERS,
    "function": _FUNCTIONS,
    "extension": _EXTENSIONS,
}


def _triggers_and_functions(table: str, *names: str) -> set[str]:
    return {f"trigger {table} {name}" for name in names} | {f"function {name}" for name in names}


def _of_tree(tree: str) -> tuple[str, ...]:
    return (f"move_{tree}_rollups_on_insert", f"move_{tree}_rollups_on_delete", f"forget_{tree}_rollups")


_OF_TOTALS = tuple(f"note_{change}_of_facts" for change in ("insert", "update", "delete", "truncate"))
_OF_TALLIES = tuple(f"note_{change}_of_tallies" for change in ("insert", "update", "delete"))
_OF_SPLITS = (*(f"split_{change}_of_entries" for change in ("insert", "update", "delete")), "forget_splits_of_entries")
_IN_ALL = {"table alembic_version p", "view parked_events"}
ONLY_MIGRATED: dict[ServiceName, set[str]] = {
    "enrolment": _IN_ALL
    | _triggers_and_functions("enrolments", *_OF_TOTALS)
    | _triggers_and_functions("audit_entries", "refuse_changes_of_audit"),
    "targets": _IN_ALL
    | _triggers_and_functions("ledger", *_OF_TOTALS, "uncount_deleted_entries", "uncount_truncated_entries")
    | _triggers_and_functions("ledger", "take_back_amounts_of_entries", *_OF_SPLITS)
    | _triggers_and_functions("tally_deltas", "fold_amounts_of_deltas")
    | _triggers_and_functions("tallies", *_OF_TALLIES, "forget_rollups_of_tallies")
    | _triggers_and_functions("unit_ancestors", *_of_tree("unit"))
    | _triggers_and_functions("organisation_ancestors", *_of_tree("organisation")),
    "notifications": _IN_ALL,
}
"""What the table classes leave out: alembic's own table; the view for processes of the version before, which goes with
them; triggers and their functions, which are programs and changed as such, by CREATE OR REPLACE in a migration."""


def described(service: ServiceName) -> MetaData:
    """The metadata of a service, with the tables of all its topics."""
    package = importlib.import_module(PACKAGES[service])
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".tables." in module.name:
            importlib.import_module(module.name)
    metadata: MetaData = importlib.import_module(f"{package.__name__}.tables.base").Base.metadata
    return metadata


def catalog(connection: Connection) -> set[str]:
    """A line for everything that is there, and for how many rows each table begins with."""
    rows = {kind: connection.execute(text(query)).all() for kind, query in _KINDS.items()}
    lines = {" ".join([kind, *(str(v) for v in row if v)]) for kind, found in rows.items() for row in found}
    names = {row[0] for row in rows["table"]} - {"alembic_version"}
    counts = {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}
    return lines | {f"rows {name} {count}" for name, count in counts.items()}


async def catalog_of(url: URL, metadata: MetaData | None = None) -> set[str]:
    """What is in the database, once the tables of the metadata are made."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            if metadata:
                await connection.run_sync(metadata.create_all)
            return await connection.run_sync(catalog)
    finally:
        await engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrated_database_is_the_one_the_code_describes(service: ServiceName, databases: Databases) -> None:
    migrated, empty = await databases.create(service), await databases.create("empty")
    try:
        assert len(described(service).tables) > 2
        by_migrations, by_code = await catalog_of(migrated), await catalog_of(empty, described(service))
        assert by_code - by_migrations == set()
        assert by_migrations - by_code == ONLY_MIGRATED[service]
    finally:
        await databases.drop(migrated)
        await databases.drop(empty)


DIFFERENCES = (
    "CREATE TABLE other (n integer)",
    "ALTER TABLE outbox ALTER body DROP NOT NULL",
    "ALTER TABLE dead_letters ALTER begun DROP DEFAULT",
    "ALTER TABLE collectors ALTER version TYPE integer",
    "ALTER TABLE recounts ALTER id SET GENERATED BY DEFAULT",
    "ALTER TABLE tallies DROP CONSTRAINT tallies_kind_check",
    "ALTER TABLE tallies RENAME CONSTRAINT tallies_kind_check TO tallies_check",
    "ALTER TABLE target_progress DROP CONSTRAINT target_progress_target_id_fkey",
    "ALTER TABLE tallies SET (fillfactor = 80)",
    "ALTER TABLE fact_day_deltas RESET (autovacuum_vacuum_threshold)",
    "DROP INDEX ix_tallies_collector_code",
    "ALTER INDEX ix_dead_letters_retry_at SET (fillfactor = 50)",
    "DROP TRIGGER uncount_deleted_entries ON ledger",
    "DELETE FROM changes WHERE slot = 63",
)


async def test_every_kind_of_difference_is_found(databases: Databases) -> None:
    url = await databases.create("targets")
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            as_migrated = await connection.run_sync(catalog)
            overlooked = []
            for statement in DIFFERENCES:
                await connection.execute(text(statement))
                if await connection.run_sync(catalog) == as_migrated:
                    overlooked.append(statement)
                await connection.rollback()
        assert overlooked == []
    finally:
        await engine.dispose()
        await databases.drop(url)


@pytest.mark.parametrize("service", SERVICES)
async def test_migrating_again_changes_nothing(service: ServiceName, databases: Databases) -> None:
    url = await databases.create(service)
    try:
        await upgrade(service, url)
        await upgrade(service, url)
    finally:
        await databases.drop(url)

"""Tallies are rolled up the trees of units and organisations, by day and by month."""
# ruff: noqa: N999, S608 - a revision is named by its number; the statements are made of our own words

from alembic import op

revision = "targets_0015"
down_revision = "targets_0014"
branch_labels = None
depends_on = None

_VACUUMED_BY_COUNT = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000"
)
_SUMS = ("n_new", "n_renewal", "cancelled_new", "cancelled_renewal")
_COLUMNS = ", ".join(_SUMS)
_TOTALS = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
_NEGATED = ", ".join(f"-{name} AS {name}" for name in _SUMS)
_SOME = " OR ".join(f"sum({name}) <> 0" for name in _SUMS)
_BY_KIND = ", ".join(
    f"CASE WHEN kind = '{kind}' THEN {count} ELSE 0 END AS {count}_{kind}"
    for count in ("n", "cancelled")
    for kind in ("new", "renewal")
)
_COUNTING = 0x74616C6C
"""The lock that counting shares, and that whoever changes the trees holds alone."""
_TREES = {"unit": "unit_code", "organisation": "organisation_code"}


def upgrade() -> None:
    """The version before goes on counting meanwhile: its tallies are followed by the triggers, which commit first; then
    one statement takes what was there before them. It holds off changes of the trees while it runs.

    What commits by itself may be run again where the migration broke off.
    """
    with op.get_context().autocommit_block():
        _create_tables()
        _let_deltas_follow_tallies()
        for tree, code in _TREES.items():
            _let_rollups_follow_the_tree(tree, code)
    op.execute(f"SELECT pg_advisory_xact_lock_shared({_COUNTING})")
    for tree, code in _TREES.items():
        _fill(tree, code)


def _create_tables() -> None:
    columns = ", ".join(f"{name} bigint NOT NULL" for name in _SUMS)
    for tree, code in _TREES.items():
        op.execute(f"""
            CREATE TABLE IF NOT EXISTS {tree}_rollups (
                {code} text NOT NULL,
                scheme text NOT NULL,
                span text NOT NULL,
                begins_on date NOT NULL,
                {columns},
                CONSTRAINT {tree}_rollups_pkey PRIMARY KEY ({code}, scheme, span, begins_on),
                CONSTRAINT {tree}_rollups_scheme_check CHECK (scheme IN ('household_health', 'voluntary_social')),
                CONSTRAINT {tree}_rollups_span_check CHECK (span IN ('day', 'month'))
            ) WITH (fillfactor = 75)
        """)
    op.execute(f"""
        CREATE TABLE IF NOT EXISTS tally_deltas (
            unit_code text NOT NULL, organisation_code text NOT NULL, scheme text NOT NULL, day date NOT NULL, {columns}
        ) WITH ({_VACUUMED_BY_COUNT})
    """)


def _let_deltas_follow_tallies() -> None:
    """A row per unit, organisation, scheme and day of each statement, whoever runs it."""
    tally = f"unit_code, organisation_code, scheme, day, {_BY_KIND}"
    was = f"SELECT unit_code, organisation_code, scheme, day, {_NEGATED} FROM (SELECT {tally} FROM removed) AS was"
    is_now = f"SELECT {tally} FROM added"
    _append_by_trigger("INSERT", "NEW TABLE AS added", is_now)
    _append_by_trigger("UPDATE", "OLD TABLE AS removed NEW TABLE AS added", f"{is_now} UNION ALL {was}")
    _append_by_trigger("DELETE", "OLD TABLE AS removed", was)
    _replace_function(
        "forget_rollups_of_tallies",
        "DELETE FROM tally_deltas; DELETE FROM unit_rollups; DELETE FROM organisation_rollups;",
    )
    _replace_trigger("forget_rollups_of_tallies", "TRUNCATE", "tallies")


def _append_by_trigger(change: str, referencing: str, changes: str) -> None:
    name = f"note_{change.lower()}_of_tallies"
    _replace_function(
        name,
        f"""
        INSERT INTO tally_deltas (unit_code, organisation_code, scheme, day, {_COLUMNS})
        SELECT unit_code, organisation_code, scheme, day, {_TOTALS} FROM ({changes}) AS changes
        GROUP BY unit_code, organisation_code, scheme, day HAVING {_SOME};
        """,
    )
    _replace_trigger(name, f"{change}", "tallies", referencing)


def _let_rollups_follow_the_tree(tree: str, code: str) -> None:
    """A node that gets another ancestor takes there what was folded of its own tallies, and away from one it leaves.

    What is not folded yet goes to those that are above the node when it is folded.
    """
    forget = f"forget_{tree}_rollups"
    _replace_function(forget, f"DELETE FROM {tree}_rollups;")
    _replace_trigger(forget, "TRUNCATE", f"{tree}_ancestors")
    for change, rows, sign in (("INSERT", "NEW", "+"), ("DELETE", "OLD", "-")):
        name = f"move_{tree}_rollups_on_{change.lower()}"
        signed = ", ".join(f"{sign}sum({each}) AS {each}" for each in _SUMS)
        own = f"""
            SELECT {code}, scheme, day, {_TOTALS} FROM (
                SELECT n.{code}, t.* FROM (SELECT DISTINCT {code} FROM changed) AS n, LATERAL (
                    SELECT scheme, day, {_TOTALS} FROM (
                        SELECT scheme, day, {_BY_KIND} FROM tallies WHERE {code} = n.{code}
                    ) AS of_kind GROUP BY scheme, day
                ) AS t
                UNION ALL
                SELECT {code}, scheme, day, {_NEGATED} FROM tally_deltas WHERE {code} IN (SELECT {code} FROM changed)
            ) AS folded GROUP BY {code}, scheme, day HAVING {_SOME}
        """
        body = f"""
            WITH own AS MATERIALIZED ({own}), by_day AS (
                SELECT c.ancestor_code AS code, own.scheme, own.day, {signed}
                FROM own JOIN changed c USING ({code}) GROUP BY 1, 2, 3
            )
            {_add_to_rollups(tree, code)};
        """
        _replace_function(name, body)
        _replace_trigger(name, change, f"{tree}_ancestors", f"{rows} TABLE AS changed")


def _add_to_rollups(tree: str, code: str) -> str:
    """Add `by_day` to the days and the months."""
    added = ", ".join(f"{name} = r.{name} + excluded.{name}" for name in _SUMS)
    return f"""
        INSERT INTO {tree}_rollups AS r ({code}, scheme, span, begins_on, {_COLUMNS})
        SELECT code, scheme, 'day', day, {_COLUMNS} FROM by_day
        UNION ALL
        SELECT code, scheme, 'month', CAST(date_trunc('month', day) AS date), {_TOTALS} FROM by_day GROUP BY 1, 2, 3, 4
        ON CONFLICT ({code}, scheme, span, begins_on) DO UPDATE SET {added}
    """


def _fill(tree: str, code: str) -> None:
    """With the tallies but for what the triggers have noted of them: that is folded by the new version."""
    op.execute(f"DELETE FROM {tree}_rollups")
    op.execute(f"""
        WITH own AS (
            SELECT {code}, scheme, day, {_TOTALS} FROM (
                SELECT {code}, scheme, day, {_BY_KIND} FROM tallies
                UNION ALL SELECT {code}, scheme, day, {_NEGATED} FROM tally_deltas
            ) AS folded GROUP BY 1, 2, 3
        ), by_day AS (
            SELECT a.ancestor_code AS code, own.scheme, own.day, {_TOTALS}
            FROM own JOIN {tree}_ancestors a USING ({code}) GROUP BY 1, 2, 3 HAVING {_SOME}
        )
        {_add_to_rollups(tree, code)}
    """)


def _replace_function(name: str, body: str) -> None:
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            {body}
            RETURN NULL;
        END $$
    """)


def _replace_trigger(name: str, change: str, table: str, referencing: str = "") -> None:
    op.execute(f"""
        CREATE OR REPLACE TRIGGER {name} AFTER {change} ON {table} {referencing and "REFERENCING " + referencing}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()
    """)

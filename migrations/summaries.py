"""The tables and triggers of reconciliation, the same in every service that has a part in it."""

from alembic import op

_BUSY = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000"
)


def create_totals(facts: str) -> None:
    """Totals by day of the rows of `facts` that have a checksum, kept up by triggers whoever changes them.

    Triggers are per statement, and append rather than update: two writers never wait for each other here.
    """
    op.execute("CREATE TABLE fact_days (day date PRIMARY KEY, n bigint NOT NULL, checksum numeric NOT NULL)")
    op.execute(f"""
        CREATE TABLE fact_day_deltas (day date NOT NULL, n bigint NOT NULL, checksum numeric NOT NULL) WITH ({_BUSY})
    """)
    added = "SELECT signed_on, 1 AS n, checksum FROM added WHERE checksum IS NOT NULL"
    removed = "SELECT signed_on, -1 AS n, -checksum AS checksum FROM removed WHERE checksum IS NOT NULL"
    _append_by_trigger(facts, "INSERT", "NEW TABLE AS added", added)
    _append_by_trigger(facts, "UPDATE", "OLD TABLE AS removed NEW TABLE AS added", f"{added} UNION ALL {removed}")
    _append_by_trigger(facts, "DELETE", "OLD TABLE AS removed", removed)
    _forget_when_truncated(facts)


def _append_by_trigger(facts: str, change: str, referencing: str, changes: str) -> None:
    name = f"note_{change.lower()}_of_facts"
    op.execute(f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            INSERT INTO fact_day_deltas (day, n, checksum)
            SELECT signed_on, sum(n), sum(checksum) FROM ({changes}) AS changes
            GROUP BY signed_on HAVING sum(n) <> 0 OR sum(checksum) <> 0;
            RETURN NULL;
        END $$
    """)  # noqa: S608 - our own words
    op.execute(f"""
        CREATE TRIGGER {name} AFTER {change} ON {facts} REFERENCING {referencing}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()
    """)


def _forget_when_truncated(facts: str) -> None:
    op.execute("""
        CREATE FUNCTION note_truncate_of_facts() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            DELETE FROM fact_days;
            DELETE FROM fact_day_deltas;
            RETURN NULL;
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER note_truncate_of_facts AFTER TRUNCATE ON {facts}
        FOR EACH STATEMENT EXECUTE FUNCTION note_truncate_of_facts()
    """)


def create_source_tables() -> None:
    """When each summary was last published, and what listeners asked to hear again."""
    op.execute("CREATE TABLE summary_turns (name text PRIMARY KEY, taken_at timestamptz NOT NULL)")
    op.execute("""
        CREATE TABLE resends (
            kind text NOT NULL,
            key text NOT NULL,
            after text,
            sent bigint NOT NULL,
            asked_at timestamptz NOT NULL,
            asked_by text NOT NULL,
            correlation_id text NOT NULL,
            PRIMARY KEY (kind, key)
        )
    """)
    op.execute("CREATE INDEX ix_resends_asked_at ON resends (asked_at)")


def create_listener_tables() -> None:
    """The last summary heard of each thing, and how it compared."""
    op.execute("""
        CREATE TABLE heard_summaries (
            kind text NOT NULL,
            key text NOT NULL,
            told_n bigint NOT NULL,
            told_checksum bigint NOT NULL,
            ours_n bigint NOT NULL,
            ours_checksum bigint NOT NULL,
            verdict text NOT NULL CHECK (verdict IN ('same', 'unclear', 'missing', 'surplus')),
            told_at timestamptz NOT NULL,
            asked integer NOT NULL,
            asked_at timestamptz,
            PRIMARY KEY (kind, key)
        )
    """)

"""Targets compares its ledger and registry with the summaries of enrolment, and summarises which targets lag."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.summaries import create_listener_tables, create_source_tables, create_totals

revision = "targets_0003"
down_revision = "targets_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The checksum is NULL for events that cannot be published again, and for what the version before enters."""
    op.execute("ALTER TABLE ledger ADD COLUMN checksum bigint")
    create_totals("ledger")
    _let_tallies_follow_what_leaves_the_ledger()
    create_source_tables()
    create_listener_tables()


def _let_tallies_follow_what_leaves_the_ledger() -> None:
    """Entries that leave the ledger are published again and counted again: so they must not stay in the tallies."""
    op.execute("CREATE TABLE recounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
    op.execute("""
        CREATE FUNCTION uncount_deleted_entries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            IF EXISTS (SELECT FROM removed) THEN
                UPDATE tallies t SET n = greatest(t.n - gone.n, 0)
                FROM (SELECT unit_code, scheme, signed_on, kind, organisation_code, collector_code, count(*) AS n
                      FROM removed GROUP BY 1, 2, 3, 4, 5, 6) AS gone
                WHERE t.unit_code = gone.unit_code AND t.scheme = gone.scheme AND t.day = gone.signed_on
                  AND t.kind = gone.kind AND t.organisation_code = gone.organisation_code
                  AND t.collector_code = gone.collector_code;
                INSERT INTO recounts DEFAULT VALUES;
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER uncount_deleted_entries AFTER DELETE ON ledger REFERENCING OLD TABLE AS removed
        FOR EACH STATEMENT EXECUTE FUNCTION uncount_deleted_entries()
    """)
    op.execute("""
        CREATE FUNCTION uncount_truncated_entries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            DELETE FROM tallies;
            INSERT INTO recounts DEFAULT VALUES;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER uncount_truncated_entries AFTER TRUNCATE ON ledger
        FOR EACH STATEMENT EXECUTE FUNCTION uncount_truncated_entries()
    """)

"""The ledger has the newest version of each sign-up, and tallies say what was cancelled."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0010"
down_revision = "targets_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was counted twice, under two ids of its event, leaves the ledger, and by its trigger the tallies.

    Processes of the version before write `event_id`, and on any conflict enter nothing. What commits by itself may be
    run again where the migration broke off; the ledger can be written while its rows are read.
    """
    op.execute("""
        ALTER TABLE ledger
        ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1,
        ADD COLUMN IF NOT EXISTS cancelled boolean NOT NULL DEFAULT false
    """)
    op.execute("ALTER TABLE tallies ADD COLUMN IF NOT EXISTS cancelled bigint NOT NULL DEFAULT 0")
    _let_tallies_follow_what_leaves_the_ledger()
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS uq_ledger_enrolment_id")
        op.execute("""
            DELETE FROM ledger WHERE event_id IN (
                SELECT event_id FROM (
                    SELECT event_id, row_number() OVER (
                        PARTITION BY enrolment_id ORDER BY checksum IS NULL, event_id
                    ) AS nth
                    FROM ledger
                ) AS entries
                WHERE nth > 1
            )
        """)
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY uq_ledger_enrolment_id ON ledger (enrolment_id)")
    op.execute("""
        ALTER TABLE ledger
        DROP CONSTRAINT ledger_pkey,
        ADD CONSTRAINT ledger_pkey PRIMARY KEY USING INDEX uq_ledger_enrolment_id,
        ALTER COLUMN event_id DROP NOT NULL
    """)


def _let_tallies_follow_what_leaves_the_ledger() -> None:
    """As before, for cancelled entries, too."""
    op.execute("""
        CREATE OR REPLACE FUNCTION uncount_deleted_entries() RETURNS trigger
        LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
            IF EXISTS (SELECT FROM removed) THEN
                UPDATE tallies t
                SET n = greatest(t.n - gone.n, 0), cancelled = greatest(t.cancelled - gone.cancelled, 0)
                FROM (SELECT unit_code, scheme, signed_on, kind, organisation_code, collector_code,
                             count(*) FILTER (WHERE NOT cancelled) AS n, count(*) FILTER (WHERE cancelled) AS cancelled
                      FROM removed GROUP BY 1, 2, 3, 4, 5, 6) AS gone
                WHERE t.unit_code = gone.unit_code AND t.scheme = gone.scheme AND t.day = gone.signed_on
                  AND t.kind = gone.kind AND t.organisation_code = gone.organisation_code
                  AND t.collector_code = gone.collector_code;
                INSERT INTO recounts DEFAULT VALUES;
            END IF;
            RETURN NULL;
        END $$
    """)

"""The chassis's two tables, the same in every service."""

from alembic import op


def create_messaging_tables() -> None:
    """The outbox and the parked events.

    The outbox is emptied as fast as it fills, so its dead rows are vacuumed by count and not by share.
    """
    op.execute("""
        CREATE TABLE outbox (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            type text NOT NULL,
            body text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000)
    """)
    op.execute("""
        CREATE TABLE parked_events (
            id uuid PRIMARY KEY,
            type text NOT NULL,
            body text NOT NULL,
            error text NOT NULL,
            attempts integer NOT NULL,
            parked_at timestamptz NOT NULL,
            retry_at timestamptz
        )
    """)
    op.execute("CREATE INDEX ix_parked_events_retry_at ON parked_events (retry_at) WHERE retry_at IS NOT NULL")


def extend_dead_letters() -> None:
    """What arrived byte for byte where `body` cannot hold it, attempts that began, letters dropped by a person."""
    op.execute("""
        ALTER TABLE parked_events
            ADD COLUMN raw bytea,
            ADD COLUMN begun integer NOT NULL DEFAULT 0,
            ADD COLUMN dropped_at timestamptz,
            ADD COLUMN drop_reason text
    """)


def rename_parked_events() -> None:
    """`parked_events` becomes `dead_letters`; a view of the old name serves processes of the version before."""
    op.execute("ALTER TABLE parked_events RENAME TO dead_letters")
    op.execute("ALTER TABLE dead_letters RENAME COLUMN parked_at TO kept_at")
    op.execute("ALTER INDEX parked_events_pkey RENAME TO dead_letters_pkey")
    op.execute("ALTER INDEX ix_parked_events_retry_at RENAME TO ix_dead_letters_retry_at")
    op.execute("""
        CREATE VIEW parked_events AS
        SELECT id, type, body, error, attempts, kept_at AS parked_at, retry_at, raw, begun, dropped_at, drop_reason
        FROM dead_letters
    """)
    # Rights stay with the table: a role that is not the owner needs them on the view, too.
    op.execute("""
        DO $$
        DECLARE held record;
        BEGIN
            FOR held IN
                SELECT acl.privilege_type AS privilege, acl.grantee FROM pg_class c, aclexplode(c.relacl) acl
                WHERE c.oid = 'dead_letters'::regclass AND acl.grantee <> c.relowner
                  AND acl.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
            LOOP
                EXECUTE format('GRANT %s ON parked_events TO %s', held.privilege,
                    CASE held.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.grantee)) END);
            END LOOP;
        END $$
    """)

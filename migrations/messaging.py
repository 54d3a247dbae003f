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

"""Which transaction wrote an entry of a timeline, and where alerts have left: streams of alerts read it."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0022"
down_revision = "notifications_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The default comes after the column, so that no row is written; entries of the version before have it, too."""
    op.execute("ALTER TABLE alert_timeline ADD COLUMN xid xid8")
    op.execute("ALTER TABLE alert_timeline ALTER COLUMN xid SET DEFAULT pg_current_xact_id()")
    op.execute("""
        CREATE TABLE alert_departures (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            at timestamptz NOT NULL DEFAULT now(),
            alert_id uuid NOT NULL REFERENCES alerts (id),
            units text[] NOT NULL,
            organisations text[] NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_alert_departures_xid ON alert_departures (xid)")
    op.execute("CREATE INDEX ix_alert_departures_at ON alert_departures (at)")
    with op.get_context().autocommit_block():
        op.execute("""
            CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alert_timeline_xid ON alert_timeline (xid) WHERE xid IS NOT NULL
        """)

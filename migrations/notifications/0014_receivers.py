"""What is known of the receivers of routes; indexes by which claims read a few deliveries, however many wait."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0014"
down_revision = "notifications_0013"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_deliveries_route_due": "(route_name, next_attempt_at) WHERE state = 'pending'",
    "ix_deliveries_route_group": "(route_name, group_code) WHERE state = 'pending' AND message_id IS NULL",
    "ix_deliveries_sending": "(route_name) WHERE state = 'sending'",
    "ix_deliveries_alone": "(id) WHERE state = 'pending' AND message_id IS NULL AND attempts > 0",
}


def upgrade() -> None:
    """A worker of the version before knows no receivers: it sends as often as before, and keeps to `paused_until`."""
    op.execute(
        """
        CREATE TABLE receivers (
            route_name text PRIMARY KEY REFERENCES routes (name) ON DELETE CASCADE,
            failures integer NOT NULL DEFAULT 0,
            probes integer NOT NULL DEFAULT 0,
            failing_since timestamptz,
            last_success_at timestamptz,
            last_error text,
            last_error_at timestamptz,
            tokens double precision,
            refilled_at timestamptz
        )
        """
    )
    with op.get_context().autocommit_block():
        for name, on in INDEXES.items():
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON deliveries {on}")

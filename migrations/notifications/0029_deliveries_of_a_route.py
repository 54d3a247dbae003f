"""An index that finds the deliveries of a route, the newest first."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0029"
down_revision = "notifications_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """It may be made again where the migration broke off; no table is locked while its rows are read."""
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_deliveries_route_id ON deliveries (route_name, id)")

"""Deliveries that are sent once more on request begin their attempts anew."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0015"
down_revision = "notifications_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A worker of the version before takes what was once sent for sent, also where its new attempt fails."""
    op.execute("ALTER TABLE deliveries ADD COLUMN attempts_before integer NOT NULL DEFAULT 0")
    with op.get_context().autocommit_block():
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_deliveries_route_queued ON deliveries (route_name, queued_at)"
        )

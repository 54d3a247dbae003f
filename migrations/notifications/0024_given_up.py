"""The index by which deliveries that were given up, or may have gone out, are found among all that were sent."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0024"
down_revision = "notifications_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Beside processes that write: the index is built without a lock."""
    with op.get_context().autocommit_block():
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_deliveries_given_up ON deliveries (state, id)"
            " WHERE state IN ('failed', 'unconfirmed')"
        )

"""Of what is due of alerts there is one index, of whatever comes first: that of deadlines alone is read by nothing."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0025"
down_revision = "notifications_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A worker of the version before steps of escalation looks without it, while it lasts."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_alerts_next_deadline_at")

"""What resolved an alert."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "notifications_0007"
down_revision = "notifications_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Null for alerts that were resolved before."""
    op.execute("ALTER TABLE alerts ADD COLUMN resolution text")
    add_checks("alerts", {"alerts_resolution_check": "resolution IN ('caught_up', 'withdrawn')"})

"""Dead letters hold what arrived byte for byte, and can be dropped by a person."""
# ruff: noqa: N999 - a revision is named by its number

from migrations.messaging import extend_dead_letters

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    extend_dead_letters()

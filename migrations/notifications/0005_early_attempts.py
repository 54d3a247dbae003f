"""Attempts that were made before their time count towards no schedule."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0005"
down_revision = "notifications_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A counter that starts at zero; the version before neither reads nor writes it."""
    op.execute("ALTER TABLE deliveries ADD COLUMN early_attempts integer NOT NULL DEFAULT 0")

"""Units have a first and a last day."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0011"
down_revision = "targets_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No unit had any before."""
    op.execute("ALTER TABLE units ADD COLUMN IF NOT EXISTS valid_from date, ADD COLUMN IF NOT EXISTS valid_to date")

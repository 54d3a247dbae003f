"""An index of the few units that began as successors: each stock looks for them."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0013"
down_revision = "targets_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Without it, each stock read all units."""
    op.execute("CREATE INDEX IF NOT EXISTS ix_units_nobody_on ON units (code) WHERE nobody_on IS NOT NULL")

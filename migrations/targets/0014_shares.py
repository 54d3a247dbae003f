"""A target may be a share of another."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0014"
down_revision = "targets_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No target was a share before. A column without a default is added without looking at rows, for its reference,
    too."""
    op.execute("ALTER TABLE targets ADD COLUMN IF NOT EXISTS parent_id uuid REFERENCES targets (id)")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_targets_parent_id")
        op.execute("CREATE INDEX CONCURRENTLY ix_targets_parent_id ON targets (parent_id) WHERE parent_id IS NOT NULL")

"""An index by which reviews and reads know at once whether there are sign-ups of days to come."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0022"
down_revision = "targets_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Beside whoever counts. Of an expression, so that no sum over a period is read by it."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_tallies_any_day")
        op.execute("CREATE INDEX CONCURRENTLY ix_tallies_any_day ON tallies ((day + 0))")

"""What the statistics of the clear columns left in their file is removed."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0013"
down_revision = "enrolment_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The planner's statistics hold sample values. With their table they are deleted, and stay in the file until it is
    written anew; the owner of the database may do that, whoever may not is warned."""
    with op.get_context().autocommit_block():
        op.execute("VACUUM FULL pg_catalog.pg_statistic")

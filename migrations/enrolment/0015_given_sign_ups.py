"""A case of identity knows to whom its acceptance has given sign-ups."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0015"
down_revision = "enrolment_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Processes of the version before accept cases without noting it: those sign-ups are not given back."""
    op.execute("ALTER TABLE identity_cases ADD COLUMN given_to uuid[] NOT NULL DEFAULT '{}'")

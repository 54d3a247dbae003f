"""The table of dead letters is named for what it holds."""
# ruff: noqa: N999 - a revision is named by its number

from migrations.messaging import rename_parked_events

revision = "enrolment_0004"
down_revision = "enrolment_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename; the checks of this service's tables are as they were."""
    rename_parked_events()

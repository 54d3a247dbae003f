"""Below which units others lay before they were moved: what localities paid on a day depends on it."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0016"
down_revision = "enrolment_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Units lie where they lie since always, as before. Processes of the version before move units without a row."""
    op.execute("""
        CREATE TABLE IF NOT EXISTS unit_stays (
            unit_code text NOT NULL REFERENCES units,
            until_on date NOT NULL,
            parent_code text NOT NULL REFERENCES units,
            CONSTRAINT unit_stays_pkey PRIMARY KEY (unit_code, until_on)
        )
    """)

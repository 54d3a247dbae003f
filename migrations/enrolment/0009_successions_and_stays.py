"""Units have days and successors, collectors earlier stays; a sign-up may be recorded for the successor of its unit."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "enrolment_0009"
down_revision = "enrolment_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every unit exists without limit, every collector belongs to one organisation: what processes of the version
    before go on to write.

    What comes before the checks is committed with them, and may be run again where the migration broke off.
    """
    op.execute("""
        ALTER TABLE units
        ADD COLUMN IF NOT EXISTS valid_from date,
        ADD COLUMN IF NOT EXISTS valid_to date,
        ADD COLUMN IF NOT EXISTS successors text[]
    """)
    op.execute("ALTER TABLE collectors ADD COLUMN IF NOT EXISTS from_on date")
    op.execute("ALTER TABLE enrolments ADD COLUMN IF NOT EXISTS ended_unit_code text")
    op.execute("""
        CREATE TABLE IF NOT EXISTS collector_stays (
            collector_code text NOT NULL REFERENCES collectors,
            until_on date NOT NULL,
            organisation_code text NOT NULL REFERENCES organisations,
            from_on date,
            CONSTRAINT collector_stays_pkey PRIMARY KEY (collector_code, until_on),
            CONSTRAINT collector_stays_days_check CHECK (from_on <= until_on)
        )
    """)
    add_checks(
        "units",
        {
            "units_validity_check": "valid_from <= valid_to",
            "units_successors_check": "(valid_to IS NULL) = (successors IS NULL)",
        },
    )

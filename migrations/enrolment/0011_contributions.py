"""Local support, for how many months the state supports, and payment for missing time."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "enrolment_0011"
down_revision = "enrolment_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Processes of the version before know no local support, and support all months of a sign-up that they support.

    What comes before the checks is committed with them, and may be run again where the migration broke off.
    """
    op.execute("""
        ALTER TABLE enrolments
        ADD COLUMN IF NOT EXISTS local_support bigint NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS supported_months smallint,
        ADD COLUMN IF NOT EXISTS payment text
    """)
    add_checks("enrolments", {"enrolments_payment_check": "payment IN ('regular', 'missing')"})

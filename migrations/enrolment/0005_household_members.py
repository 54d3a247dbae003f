"""A household has each member number once in a fiscal year."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0005"
down_revision = "enrolment_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of sign-ups with the same number in a household and year, the first one stands for the member."""
    op.execute(
        "ALTER TABLE enrolments ADD COLUMN joins_household boolean NOT NULL DEFAULT false,"
        " ADD COLUMN expected_member_no smallint"
    )
    op.execute(
        """
        UPDATE enrolments SET joins_household = true
        WHERE id IN (
            SELECT DISTINCT ON (organisation_code, household_code, EXTRACT(year FROM signed_on), member_no) id
            FROM enrolments
            WHERE household_code IS NOT NULL AND status <> 'cancelled'
            ORDER BY organisation_code, household_code, EXTRACT(year FROM signed_on), member_no, id
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX uq_enrolments_household_member
        ON enrolments (organisation_code, household_code, (EXTRACT(year FROM signed_on)), member_no)
        WHERE joins_household AND status <> 'cancelled'
        """
    )

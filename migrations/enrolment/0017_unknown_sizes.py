"""Tables that are empty count as of unknown size again.

Migration 0012 has analysed them. Of a table that is known to be empty PostgreSQL keeps plans that read all of it for
each sign-up, until autovacuum comes by: a new installation came to a standstill with its first tens of thousands.
TRUNCATE of empty tables forgets what was analysed; where there is a row, nothing is done.
"""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0017"
down_revision = "enrolment_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody writes between the look and the TRUNCATE. Tables that refer to these are as empty."""
    op.execute("LOCK TABLE enrolments, participants, participant_indexes IN ACCESS EXCLUSIVE MODE")
    op.execute("""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM enrolments)
                AND NOT EXISTS (SELECT FROM participants)
                AND NOT EXISTS (SELECT FROM participant_indexes)
            THEN
                TRUNCATE enrolments, enrolment_changes, participants, identity_cases, participant_indexes;
            END IF;
        END $$
    """)

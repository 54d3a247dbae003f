"""Enrolment summarises what it has recorded, and publishes again what a listener lacks."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.summaries import create_source_tables, create_totals

revision = "enrolment_0003"
down_revision = "enrolment_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The checksum stays NULL for sign-ups from before, and for those of a process of the version before.

    Their events had ids of their own and cannot be published again, so they are in no summary. The index holds only the
    others: it is empty now, and made in the time of one scan.
    """
    op.execute("ALTER TABLE enrolments ADD COLUMN checksum bigint")
    op.execute("CREATE INDEX ix_enrolments_signed_on ON enrolments (signed_on, id) WHERE checksum IS NOT NULL")
    create_totals("enrolments")
    create_source_tables()

"""Targets compares its ledger and registry with the summaries of enrolment, and summarises which targets lag."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.summaries import create_listener_tables, create_source_tables, create_totals

revision = "targets_0003"
down_revision = "targets_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The checksum is NULL for events that cannot be published again, and for what the version before enters."""
    op.execute("ALTER TABLE ledger ADD COLUMN checksum bigint")
    create_totals("ledger")
    create_source_tables()
    create_listener_tables()

"""Which units are registered, and how they compare with the summaries of enrolment."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.summaries import create_listener_tables

revision = "notifications_0009"
down_revision = "notifications_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Units of the alerts that are there are registered; version 0 is below any that enrolment publishes."""
    op.execute("CREATE TABLE units (code text PRIMARY KEY, version bigint NOT NULL)")
    op.execute("CREATE INDEX ix_units_upper_code ON units (upper(code))")
    op.execute("INSERT INTO units SELECT DISTINCT jsonb_array_elements_text(path), 0 FROM alerts")
    create_listener_tables()

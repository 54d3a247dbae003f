"""Deliveries of a group go out as one message; names and levels of units; the language of a route."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "notifications_0011"
down_revision = "notifications_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Version 0 is below any that enrolment publishes: the next two summaries bring name and level of every unit.

    A delivery of the version before has no group; one that it attempted is a message of its own.
    """
    op.execute("ALTER TABLE units ADD COLUMN name text, ADD COLUMN level text")
    op.execute("UPDATE units SET version = 0")
    op.execute("ALTER TABLE deliveries ADD COLUMN group_code text, ADD COLUMN message_id uuid")
    op.execute("ALTER TABLE routes ADD COLUMN language text NOT NULL DEFAULT 'vi'")
    add_checks("units", {"units_level_check": "level IN ('province', 'insurance_unit', 'commune', 'village')"})
    add_checks("routes", {"routes_language_check": "language IN ('vi', 'en', 'both')"})
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_deliveries_message_id ON deliveries (message_id)")

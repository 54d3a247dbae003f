"""Who acknowledged an alert, whose it is, and that routes are notified of an acknowledgement."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "notifications_0010"
down_revision = "notifications_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The version before reads and writes the organisation alone. Which one a collector is of was not kept by alert."""
    op.execute("""
        ALTER TABLE alerts
            ADD COLUMN acknowledged_subject text,
            ADD COLUMN acknowledged_name text,
            ADD COLUMN owner text
    """)
    op.execute("UPDATE alerts SET owner = subject ->> 'organisation_code' WHERE subject ->> 'organisation_code' <> ''")
    changes = "change IN ('raised', 'worsened', 'acknowledged', 'resolved')"
    add_checks("deliveries", {"deliveries_change_check": changes})

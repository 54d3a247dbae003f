"""Whose alerts are."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0008"
down_revision = "notifications_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Alerts that are there belong to the organisation that they name: which are above it was not kept."""
    op.execute("""
        CREATE TABLE alert_owners (
            organisation_code text NOT NULL,
            alert_id uuid NOT NULL REFERENCES alerts (id),
            PRIMARY KEY (organisation_code, alert_id)
        )
    """)
    op.execute("CREATE INDEX ix_alert_owners_alert_id ON alert_owners (alert_id)")
    op.execute("""
        INSERT INTO alert_owners (organisation_code, alert_id)
        SELECT subject ->> 'organisation_code', id FROM alerts WHERE subject ->> 'organisation_code' IS NOT NULL
    """)

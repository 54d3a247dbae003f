"""Indexes for filters of the list of alerts, and for statistics of a period."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0019"
down_revision = "notifications_0018"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_alerts_raised_at": "alerts (raised_at)",
    "ix_alerts_report_due_at": "alerts (report_due_at) WHERE status IN ('open', 'acknowledged')",
    "ix_alerts_upper_collector": "alerts (upper(subject ->> 'collector_code'), id)",
    "ix_alert_owners_upper_code": "alert_owners (upper(organisation_code), alert_id)",
}


def upgrade() -> None:
    """Each may be made again where the migration broke off; no table is locked while its rows are read."""
    with op.get_context().autocommit_block():
        for name, columns in _INDEXES.items():
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}")

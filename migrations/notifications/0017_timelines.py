"""The changes that routes are notified of; the index of deadlines; timelines begin with what is known."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "notifications_0017"
down_revision = "notifications_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each step may be done again where the migration broke off; no table is locked while its rows are read."""
    changes = "'raised', 'worsened', 'acknowledged', 'timed_out', 'reported', 'remedy_missed', 'escalated', 'resolved'"
    add_checks("deliveries", {"deliveries_change_check": f"change IN ({changes})"})
    with op.get_context().autocommit_block():
        op.execute("""
            CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alerts_next_deadline_at ON alerts (next_deadline_at)
            WHERE next_deadline_at IS NOT NULL
        """)
    _begin_timelines()


def _begin_timelines() -> None:
    """What happened, in its order. The severity at that time was not kept."""
    op.execute("""
        INSERT INTO alert_timeline
            (alert_id, at, kind, status, severity, version, reason, organisation_code, subject, name)
        SELECT id, at, kind, status, severity, version, reason, organisation_code, subject, name FROM (
            SELECT id, raised_at AS at, 1 AS nth, 'raised' AS kind, 'open' AS status, severity, 1 AS version,
                   'the target lags' AS reason, NULL AS organisation_code, NULL AS subject, NULL AS name
            FROM alerts
            UNION ALL
            SELECT id, acknowledged_at, 2, 'acknowledged', 'acknowledged', severity, NULL, 'somebody acts on it',
                   acknowledged_by, coalesce(acknowledged_subject, acknowledged_by), acknowledged_name
            FROM alerts WHERE acknowledged_at IS NOT NULL
            UNION ALL
            SELECT id, resolved_at, 3, 'resolved', 'resolved', severity, NULL,
                   CASE resolution WHEN 'withdrawn' THEN 'the target was withdrawn' ELSE 'the target has caught up' END,
                   NULL, NULL, NULL
            FROM alerts WHERE resolved_at IS NOT NULL
        ) known
        WHERE NOT EXISTS (SELECT FROM alert_timeline t WHERE t.alert_id = known.id)
        ORDER BY at, nth
    """)

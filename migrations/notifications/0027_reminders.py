"""When routes are told again of alerts that nobody has resolved."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0027"
down_revision = "notifications_0026"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_deliveries_remind_at": "deliveries (remind_at)",
    "ix_deliveries_remind_group": "deliveries (route_name, group_code, remind_at)",
}


def upgrade() -> None:
    """What routes know of unresolved alerts counts as told now. Of what the version before sends from now on nobody is
    reminded before the next change."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE routes ADD COLUMN IF NOT EXISTS repeat text")
        op.execute("""
            ALTER TABLE deliveries
                ADD COLUMN IF NOT EXISTS reminders integer NOT NULL DEFAULT 0,
                ADD COLUMN IF NOT EXISTS reminder_id uuid,
                ADD COLUMN IF NOT EXISTS told_at timestamptz,
                ADD COLUMN IF NOT EXISTS remind_at timestamptz
        """)
        for name, columns in _INDEXES.items():
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns} WHERE remind_at IS NOT NULL")
    op.execute("""
        UPDATE deliveries d SET told_at = now(), remind_at = now() FROM alerts a
        WHERE a.id = d.alert_id AND a.status <> 'resolved' AND d.state IN ('sent', 'unconfirmed')
          AND d.group_code IS NOT NULL
    """)

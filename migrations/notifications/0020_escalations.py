"""Chains of escalation, and when the clock looks at alerts for theirs."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0020"
down_revision = "notifications_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Alerts that are there are looked at once a chain is put; those that the version before raises from now on, at
    once."""
    op.execute("""
        CREATE TABLE escalations (
            name text PRIMARY KEY,
            under text,
            steps jsonb NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE UNIQUE INDEX uq_escalations_under ON escalations (coalesce(under, ''))")
    op.execute("""
        CREATE TABLE escalation_routes (
            escalation_name text NOT NULL REFERENCES escalations (name) ON DELETE CASCADE,
            route_name text NOT NULL REFERENCES routes (name),
            PRIMARY KEY (escalation_name, route_name)
        )
    """)
    op.execute("CREATE INDEX ix_escalation_routes_route_name ON escalation_routes (route_name)")
    with op.get_context().autocommit_block():
        op.execute("""
            ALTER TABLE alerts
            ADD COLUMN IF NOT EXISTS unacknowledged_since timestamptz,
            ADD COLUMN IF NOT EXISTS next_escalation_at timestamptz
        """)
        op.execute("ALTER TABLE alerts ALTER COLUMN next_escalation_at SET DEFAULT now()")
        op.execute("""
            CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alerts_next_look_at
            ON alerts (least(next_deadline_at, next_escalation_at))
            WHERE least(next_deadline_at, next_escalation_at) IS NOT NULL
        """)

"""Silences, inhibitions, and the alerts of which routes were not notified."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0021"
down_revision = "notifications_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A worker of the version before knows none of them, and notifies of every alert."""
    _make_tables()
    with op.get_context().autocommit_block():
        op.execute("""
            CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alerts_unresolved_unit ON alerts ((subject ->> 'unit_code'))
            WHERE status <> 'resolved'
        """)


def _make_tables() -> None:
    op.execute("""
        CREATE TABLE silences (
            name text PRIMARY KEY,
            under text,
            organisation_code text,
            scheme text CHECK (scheme IN ('household_health', 'voluntary_social')),
            severity text CHECK (severity IN ('warning', 'critical')),
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            reason text NOT NULL,
            put_by jsonb NOT NULL,
            put_at timestamptz NOT NULL,
            ended_by jsonb,
            ended_at timestamptz,
            CHECK (starts_at < ends_at)
        )
    """)
    op.execute("CREATE INDEX ix_silences_ends_at ON silences (ends_at) WHERE ended_at IS NULL")
    op.execute("""
        CREATE TABLE hushed_alerts (
            alert_id uuid PRIMARY KEY REFERENCES alerts (id),
            change text CHECK (change IN (
                'raised', 'worsened', 'acknowledged', 'timed_out', 'reported', 'remedy_missed', 'escalated', 'resolved'
            )),
            since timestamptz NOT NULL,
            check_at timestamptz NOT NULL,
            silenced_by text,
            inhibited_by uuid,
            routes jsonb NOT NULL DEFAULT '[]'
        )
    """)
    for column in ("check_at", "silenced_by", "inhibited_by"):
        op.execute(f"CREATE INDEX ix_hushed_alerts_{column} ON hushed_alerts ({column})")
    op.execute("CREATE TABLE inhibitions (name text PRIMARY KEY, under text NOT NULL, updated_at timestamptz NOT NULL)")

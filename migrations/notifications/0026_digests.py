"""Digests, and their deliveries."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "notifications_0026"
down_revision = "notifications_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A worker of the version before gives the delivery of a digest up: the next one covers its time, too."""
    op.execute("""
        CREATE TABLE digests (
            name text PRIMARY KEY,
            under text,
            route_name text NOT NULL REFERENCES routes (name),
            every text NOT NULL CHECK (every IN ('day', 'week')),
            at text NOT NULL,
            on_day text NOT NULL CHECK (on_day IN ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')),
            days jsonb,
            holidays boolean NOT NULL,
            next_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_digests_next_at ON digests (next_at)")
    op.execute("CREATE INDEX ix_digests_route_name ON digests (route_name)")
    with op.get_context().autocommit_block():
        op.execute("""
            ALTER TABLE deliveries
            ALTER COLUMN alert_id DROP NOT NULL,
            ALTER COLUMN alert_version DROP NOT NULL,
            ALTER COLUMN change DROP NOT NULL,
            ALTER COLUMN alert DROP NOT NULL,
            ADD COLUMN IF NOT EXISTS digest_name text,
            ADD COLUMN IF NOT EXISTS digest_due_at timestamptz,
            ADD COLUMN IF NOT EXISTS digest jsonb
        """)
    add_checks(
        "deliveries",
        {
            "deliveries_of_alert_or_digest_check": (
                "num_nulls(alert_id, alert_version, change, alert) = 4 * num_nonnulls(digest_name)"
                " AND num_nonnulls(digest_name, digest_due_at, digest) = 3 * num_nonnulls(digest_name)"
            )
        },
    )
    with op.get_context().autocommit_block():
        op.execute("""
            CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_deliveries_digest
            ON deliveries (digest_name, digest_due_at) WHERE digest_name IS NOT NULL
        """)
        op.execute("""
            CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_alert_timeline_at ON alert_timeline (at) WHERE kind <> 'updated'
        """)

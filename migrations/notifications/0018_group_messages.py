"""When groups were last told to routes."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0018"
down_revision = "notifications_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A worker of the version before notes nothing there: what it sends begins no interval."""
    op.execute("""
        CREATE TABLE group_messages (
            route_name text NOT NULL REFERENCES routes (name) ON DELETE CASCADE,
            group_code text NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (route_name, group_code)
        )
    """)

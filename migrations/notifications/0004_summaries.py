"""Notifications compares its alerts with the summaries of the targets service."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0004"
down_revision = "notifications_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What differs, since when and how often it was asked for; and an index on the few alerts that are not resolved."""
    op.execute("""
        CREATE TABLE pace_differences (
            target_id uuid PRIMARY KEY,
            told_episode integer,
            told_revision integer,
            known_episode integer NOT NULL,
            known_revision integer NOT NULL,
            told_at timestamptz NOT NULL,
            confirmed boolean NOT NULL,
            asked integer NOT NULL,
            asked_at timestamptz
        )
    """)
    op.execute("CREATE INDEX ix_alerts_unresolved ON alerts (target_id) WHERE status <> 'resolved'")

"""Deliveries that were overtaken, routes whose receiver asked for a pause, webhooks with two live secrets."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None

_STATES = "'pending', 'sending', 'sent', 'failed', 'unconfirmed', 'superseded'"


def upgrade() -> None:
    """Allow the new state; add the columns."""
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check")
    op.execute(f"ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check CHECK (state IN ({_STATES}))")
    op.execute("""
        ALTER TABLE routes
            ADD COLUMN paused_until timestamptz,
            ADD COLUMN previous_secret text,
            ADD COLUMN previous_secret_until timestamptz
    """)

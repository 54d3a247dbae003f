"""Routes by organisation, collector, scheme and level; their hours; when one was tested last."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "notifications_0013"
down_revision = "notifications_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A route that is there has none of these conditions, and is notified at any time."""
    op.execute("""
        ALTER TABLE routes
            ADD COLUMN organisation_code text, ADD COLUMN collector_code text, ADD COLUMN scheme text,
            ADD COLUMN min_level integer NOT NULL DEFAULT 0, ADD COLUMN hours jsonb, ADD COLUMN tested_at timestamptz
    """)
    add_checks("routes", {"routes_scheme_check": "scheme IN ('household_health', 'voluntary_social')"})

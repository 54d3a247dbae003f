"""Which units took the place of others, and until when these were apart from what they are told below."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0012"
down_revision = "targets_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No unit has ended before; what processes of the version before write is right for units that go on."""
    op.execute("ALTER TABLE unit_ancestors ADD COLUMN IF NOT EXISTS apart_until date")
    op.execute("ALTER TABLE units ADD COLUMN IF NOT EXISTS apart_until date, ADD COLUMN IF NOT EXISTS nobody_on date")
    op.execute("""
        CREATE TABLE IF NOT EXISTS unit_successors (
            unit_code text NOT NULL,
            successor_code text NOT NULL,
            CONSTRAINT unit_successors_pkey PRIMARY KEY (unit_code, successor_code)
        )
    """)
    op.execute("CREATE INDEX IF NOT EXISTS ix_unit_successors_successor_code ON unit_successors (successor_code)")
    op.execute("""
        CREATE INDEX IF NOT EXISTS ix_unit_ancestors_apart ON unit_ancestors (ancestor_code)
        WHERE apart_until IS NOT NULL
    """)

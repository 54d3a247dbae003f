"""Codes are found whatever their case."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0007"
down_revision = "targets_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Indexes for looking them up."""
    for table in ("units", "organisations", "collectors"):
        op.execute(f"CREATE INDEX ix_{table}_upper_code ON {table} (upper(code))")

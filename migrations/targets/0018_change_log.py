"""What each change touched is logged, so that other answers stay remembered."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0018"
down_revision = "targets_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Processes of the version before count their changes in `n` alone: so readers know that there are some which are
    not in the log."""
    op.execute("ALTER TABLE changes ADD COLUMN logged bigint NOT NULL DEFAULT 0")
    op.execute(
        """
        CREATE TABLE change_log (
            xid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
            at     timestamptz NOT NULL DEFAULT now(),
            kind   text NOT NULL,
            scheme text,
            codes  text[] NOT NULL
        ) WITH (
            autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000
        )
        """
    )
    op.execute("CREATE INDEX ix_change_log_xid ON change_log (xid)")

"""Progress tells how fresh it is: the newest event that was counted, and until when the source has confirmed."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0009"
down_revision = "targets_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From what is there: an event's id is that of its enrolment, a UUIDv7, which begins with its time in ms."""
    op.execute("ALTER TABLE changes ADD COLUMN as_of timestamptz, ADD COLUMN confirmed_at timestamptz")
    op.execute("CREATE INDEX ix_heard_summaries_missing ON heard_summaries (kind) WHERE verdict = 'missing'")
    op.execute(
        """
        UPDATE changes SET
            confirmed_at = (SELECT max(told_at) FROM heard_summaries),
            as_of = (
                SELECT to_timestamp(('x' || lpad(left(replace(event_id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint
                    / 1000.0)
                FROM ledger
                WHERE substr(event_id::text, 15, 1) = '7' AND checksum IS NOT NULL
                ORDER BY event_id DESC LIMIT 1
            )
        WHERE slot = 0
        """
    )

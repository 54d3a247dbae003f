"""Verdicts are remembered by day, and who set a target is."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0016"
down_revision = "targets_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin with the last verdict on each target. What a process of the version before judges meanwhile is kept by the
    first review of this one."""
    op.execute(
        "ALTER TABLE targets ADD COLUMN IF NOT EXISTS set_at timestamptz,"
        " ADD COLUMN IF NOT EXISTS set_by_organisation text, ADD COLUMN IF NOT EXISTS set_by_subject text"
    )
    op.execute(
        """
        CREATE TABLE target_verdicts (
            target_id uuid NOT NULL REFERENCES targets,
            "on"      date NOT NULL,
            until     date NOT NULL,
            status    text NOT NULL,
            severity  text,
            lagging   boolean NOT NULL,
            PRIMARY KEY (target_id, "on"),
            CONSTRAINT target_verdicts_status_check
                CHECK (status IN ('ahead', 'on_track', 'behind', 'met', 'missed', 'not_started')),
            CONSTRAINT target_verdicts_severity_check CHECK (severity IN ('warning', 'critical')),
            CONSTRAINT target_verdicts_until_check CHECK (until >= "on")
        ) WITH (fillfactor = 80)
        """
    )
    op.execute(
        """
        INSERT INTO target_verdicts (target_id, "on", until, status, severity, lagging)
        SELECT target_id, reviewed_on, reviewed_on, status, severity, lagging
        FROM target_progress WHERE reviewed_on IS NOT NULL
        """
    )

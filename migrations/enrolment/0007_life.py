"""A sign-up has versions: it is submitted, accepted or returned, corrected, cancelled; each with its history."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "enrolment_0007"
down_revision = "enrolment_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every sign-up is in its first version: processes of the version before record, and change nothing.

    What comes before the checks is committed with them, and may be run again where the migration broke off.
    """
    op.execute("""
        ALTER TABLE enrolments
        ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1,
        ADD COLUMN IF NOT EXISTS facts_version integer NOT NULL DEFAULT 1
    """)
    op.execute("""
        CREATE TABLE IF NOT EXISTS enrolment_changes (
            enrolment_id uuid NOT NULL REFERENCES enrolments,
            version integer NOT NULL,
            status text NOT NULL,
            changed_at timestamptz NOT NULL,
            organisation_code text NOT NULL,
            subject text NOT NULL,
            reason text,
            changed text[] NOT NULL,
            CONSTRAINT enrolment_changes_pkey PRIMARY KEY (enrolment_id, version),
            CONSTRAINT enrolment_changes_version_check CHECK (version > 1),
            CONSTRAINT enrolment_changes_status_check
                CHECK (status IN ('recorded', 'submitted', 'accepted', 'returned', 'cancelled'))
        )
    """)
    add_checks(
        "enrolments",
        {"enrolments_status_check": "status IN ('recorded', 'submitted', 'accepted', 'returned', 'cancelled')"},
    )

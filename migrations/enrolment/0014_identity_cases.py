"""Cases of identity: sign-ups that name another person than their personal ID is known for."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0014"
down_revision = "enrolment_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table that processes of the version before do not know: they take such sign-ups."""
    op.execute("""
        CREATE TABLE identity_cases (
            id uuid PRIMARY KEY,
            participant_id uuid NOT NULL REFERENCES participants,
            organisation_code text NOT NULL,
            collector_code text NOT NULL,
            external_ref text NOT NULL,
            sealed bytea NOT NULL,
            opened_at timestamptz NOT NULL,
            status text NOT NULL CHECK (status IN ('open', 'accepted', 'rejected')),
            version integer NOT NULL DEFAULT 1,
            decided_at timestamptz,
            decided_by text,
            decided_subject text,
            reason text
        )
    """)
    op.execute("CREATE INDEX ix_identity_cases_participant_id ON identity_cases (participant_id)")
    op.execute("CREATE INDEX ix_identity_cases_organisation_code ON identity_cases (organisation_code, opened_at)")

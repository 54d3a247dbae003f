"""The registry, the sign-ups and the messaging tables."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.messaging import create_messaging_tables

revision = "enrolment_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make everything."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _registry()
    _enrolments()
    create_messaging_tables()


def _registry() -> None:
    op.execute("""
        CREATE TABLE units (
            code text PRIMARY KEY,
            name text NOT NULL,
            level text NOT NULL CHECK (level IN ('province', 'insurance_unit', 'commune', 'village')),
            parent_code text REFERENCES units (code),
            version integer NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_units_parent_code ON units (parent_code)")
    op.execute("""
        CREATE TABLE organisations (
            code text PRIMARY KEY,
            name text NOT NULL,
            parent_code text REFERENCES organisations (code),
            version integer NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE collectors (
            code text PRIMARY KEY,
            name text NOT NULL,
            organisation_code text NOT NULL REFERENCES organisations (code),
            version integer NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_collectors_organisation_code ON collectors (organisation_code)")


def _enrolments() -> None:
    """The exclusion constraint is the promise that nobody is covered twice; its index also finds a person's cover.

    It holds the 12 digits as a number: in GiST a number takes a third of the time that a text takes.
    """
    op.execute("""
        CREATE TABLE enrolments (
            id uuid PRIMARY KEY,
            organisation_code text NOT NULL,
            external_ref text NOT NULL,
            idempotency_key text,
            fingerprint bytea NOT NULL,
            scheme text NOT NULL CHECK (scheme IN ('household_health', 'voluntary_social')),
            kind text NOT NULL CHECK (kind IN ('new', 'renewal')),
            status text NOT NULL CHECK (status IN ('recorded', 'cancelled')),
            unit_code text NOT NULL,
            collector_code text NOT NULL,
            signed_on date NOT NULL,
            months smallint NOT NULL,
            amount_paid bigint NOT NULL,
            receipt_no text,
            full_name text NOT NULL,
            born_on date NOT NULL,
            sex text NOT NULL,
            personal_id text NOT NULL,
            social_insurance_code text,
            phone text,
            household_code text,
            member_no smallint,
            monthly_income bigint,
            support_group text NOT NULL,
            channel text,
            campaign_code text,
            covered_from date NOT NULL,
            covered_to date NOT NULL,
            due bigint NOT NULL,
            state_support bigint NOT NULL,
            payable bigint NOT NULL,
            recorded_at timestamptz NOT NULL,
            CONSTRAINT ex_enrolments_double_cover EXCLUDE USING gist (
                (personal_id::bigint) WITH =, scheme WITH =, daterange(covered_from, covered_to, '[]') WITH &&
            ) WHERE (status <> 'cancelled')
        )
    """)
    op.execute("CREATE UNIQUE INDEX uq_enrolments_external_ref ON enrolments (organisation_code, external_ref)")
    op.execute("""
        CREATE UNIQUE INDEX uq_enrolments_idempotency_key ON enrolments (organisation_code, idempotency_key)
        WHERE idempotency_key IS NOT NULL
    """)

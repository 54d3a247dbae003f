"""The audit trail: who was shown personal data in clear. Rows can be inserted and read, and nothing else."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0008"
down_revision = "enrolment_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table that processes of the version before do not know."""
    op.execute("""
        CREATE TABLE audit_entries (
            seq bigint PRIMARY KEY,
            at timestamptz NOT NULL,
            organisation_code text NOT NULL,
            subject text NOT NULL,
            action text NOT NULL,
            route text NOT NULL,
            ids uuid[] NOT NULL,
            filters jsonb NOT NULL,
            correlation_id text NOT NULL,
            hash bytea NOT NULL
        )
    """)
    op.execute("CREATE INDEX ix_audit_entries_at ON audit_entries (at)")
    op.execute("CREATE INDEX ix_audit_entries_organisation_code ON audit_entries (organisation_code, seq)")
    op.execute("CREATE INDEX ix_audit_entries_ids ON audit_entries USING gin (ids)")
    _refuse_changes()
    _take_rights()


def _refuse_changes() -> None:
    """By triggers, which bind the owner of the table, too."""
    op.execute("""
        CREATE FUNCTION refuse_changes_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audit_entries can only be added to: % is refused', TG_OP
                USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER refuse_changes_of_audit BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_changes_of_audit()
    """)


def _take_rights() -> None:
    """Whoever was given rights on new tables by default, keeps those to insert and to read."""
    op.execute("""
        DO $$
        DECLARE grantee regrole;
        BEGIN
            FOR grantee IN
                SELECT DISTINCT acl.grantee::regrole
                FROM pg_class, aclexplode(relacl) AS acl
                WHERE pg_class.oid = 'audit_entries'::regclass AND acl.grantee <> relowner AND acl.grantee <> 0
            LOOP
                EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries FROM %s', grantee);
            END LOOP;
        END $$
    """)

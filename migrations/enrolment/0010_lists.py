"""Lists are read from indexes in their order, whatever they are narrowed by, and so are covers that run out."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "enrolment_0010"
down_revision = "enrolment_0009"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_units_successors": "units (successors) WHERE successors IS NOT NULL",
    "ix_enrolments_organisation": "enrolments (organisation_code, status, signed_on, id)",
    "ix_enrolments_unit": "enrolments (unit_code, organisation_code, status, signed_on, id)",
    "ix_enrolments_collector": "enrolments (collector_code, organisation_code, unit_code, status, signed_on, id)",
    "ix_enrolments_covered_to": "enrolments (organisation_code, collector_code, covered_to, id)"
    " WHERE status <> 'cancelled'",
}


def upgrade() -> None:
    """Beside the sign-ups that come in; an index that broke off half-way is made anew."""
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")

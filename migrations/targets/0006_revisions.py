"""Targets can be revised and withdrawn."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

from migrations.checks import add_checks

revision = "targets_0006"
down_revision = "targets_0005"
branch_labels = None
depends_on = None

_COLUMNS = "unit_code, organisation_code, collector_code, scheme, measure, starts_on, ends_on, name"


def upgrade() -> None:
    """What is set now is at its first version. A withdrawn target may be set again."""
    op.execute(
        "ALTER TABLE targets ADD COLUMN version integer NOT NULL DEFAULT 1, ADD COLUMN set_on date,"
        " ADD COLUMN withdrawn_on date"
    )
    op.execute(
        """
        CREATE TABLE target_changes (
            target_id         uuid NOT NULL REFERENCES targets,
            version           integer NOT NULL CHECK (version > 1),
            value_before      double precision,
            value             double precision,
            holds_from        date,
            reason            text NOT NULL,
            organisation_code text NOT NULL,
            subject           text NOT NULL,
            changed_at        timestamptz NOT NULL,
            PRIMARY KEY (target_id, version),
            CONSTRAINT target_changes_kind_check CHECK (num_nonnulls(value_before, value, holds_from) IN (0, 3))
        )
        """
    )
    op.execute("DROP INDEX uq_targets_promise")
    op.execute(
        f"CREATE UNIQUE INDEX uq_targets_promise ON targets ({_COLUMNS}) NULLS NOT DISTINCT WHERE withdrawn_on IS NULL"
    )
    add_checks("targets", {"targets_version_check": "version >= 1"})

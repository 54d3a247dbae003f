"""Stock targets are measured from their first baseline, and by parts where their unit has none."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0005"
down_revision = "targets_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The new column and table; `measured_from` of the targets that are set."""
    op.execute("ALTER TABLE target_progress ADD COLUMN measured_from date")
    op.execute(
        """
        CREATE TABLE target_parts (
            target_id  uuid NOT NULL REFERENCES targets,
            unit_code  text NOT NULL,
            count_from date NOT NULL,
            start_from date,
            PRIMARY KEY (target_id, unit_code)
        )
        """
    )
    op.execute("CREATE INDEX ix_target_parts_unit_code ON target_parts (unit_code)")
    _measure_from_the_first_baseline()


def _measure_from_the_first_baseline() -> None:
    op.execute(
        """
        UPDATE target_progress p SET measured_from = first.day + 1
        FROM targets t
        JOIN LATERAL (
            SELECT min(b."on") AS day FROM baselines b
            WHERE b.unit_code = t.unit_code AND b.scheme = t.scheme AND b."on" <= t.ends_on
        ) first ON first.day >= t.starts_on
        WHERE p.target_id = t.id AND t.measure IN ('in_force', 'coverage')
        """
    )

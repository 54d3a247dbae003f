"""Where a share of the population began is told by the population of that day."""
# ruff: noqa: N999 - a revision is named by its number

from alembic import op

revision = "targets_0008"
down_revision = "targets_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of the baseline before the period, else of the first within it."""
    op.execute("ALTER TABLE target_progress ADD COLUMN population_at_start bigint")
    op.execute(
        """
        UPDATE target_progress p SET population_at_start = (
            SELECT b.population FROM baselines b
            WHERE b.unit_code = t.unit_code AND b.scheme = t.scheme AND b."on" <= t.ends_on
            ORDER BY b."on" < t.starts_on DESC,
                CASE WHEN b."on" < t.starts_on THEN b."on" END DESC, b."on"
            LIMIT 1
        )
        FROM targets t
        WHERE p.target_id = t.id AND t.measure = 'coverage'
        """
    )

"""Checks on what is known to be true of the data; the table of dead letters is named for what it holds."""
# ruff: noqa: N999 - a revision is named by its number

from migrations.checks import add_checks
from migrations.messaging import rename_parked_events

revision = "targets_0004"
down_revision = "targets_0003"
branch_labels = None
depends_on = None

_SCHEME = "scheme IN ('household_health', 'voluntary_social')"
_KIND = "kind IN ('new', 'renewal')"


def upgrade() -> None:
    """Nothing that the version before writes is refused."""
    _check_hierarchy()
    _check_ledger()
    _check_targets()
    rename_parked_events()


def _check_hierarchy() -> None:
    add_checks("units", {"units_level_check": "level IN ('province', 'insurance_unit', 'commune', 'village')"})
    add_checks("unit_ancestors", {"unit_ancestors_depth_check": "depth >= 0"})
    add_checks("organisation_ancestors", {"organisation_ancestors_depth_check": "depth >= 0"})


def _check_ledger() -> None:
    add_checks("ledger", {"ledger_scheme_check": _SCHEME, "ledger_kind_check": _KIND})
    add_checks("tallies", {"tallies_scheme_check": _SCHEME, "tallies_kind_check": _KIND})


def _check_targets() -> None:
    add_checks(
        "targets",
        {
            "targets_scheme_check": _SCHEME,
            "targets_measure_check": "measure IN ('new', 'renewal', 'in_force', 'coverage')",
            "targets_scope_check": "num_nonnulls(unit_code, organisation_code, collector_code) > 0",
            "targets_value_check": "value > 0",
            "targets_period_check": "ends_on >= starts_on",
        },
    )
    add_checks(
        "target_progress",
        {
            "target_progress_status_check": (
                "status IN ('ahead', 'on_track', 'behind', 'met', 'missed', 'not_started')"
            ),
            "target_progress_severity_check": "severity IN ('warning', 'critical')",
            "target_progress_told_check": "told IN ('warning', 'critical')",
            "target_progress_population_check": "population > 0",
            "target_progress_episode_check": "episode >= 0",
            "target_progress_revision_check": "revision >= 0",
        },
    )
    add_checks(
        "baselines",
        {
            "baselines_scheme_check": _SCHEME,
            "baselines_population_check": "population > 0",
            "baselines_covered_check": "covered BETWEEN 0 AND population",
        },
    )

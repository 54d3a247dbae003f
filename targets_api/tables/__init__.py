"""The tables of the targets database."""

from typing import Final

from services.persistence.schema import Schema
from targets_api.tables import attainment, hierarchy, ledger, rollups, splits, targets
from targets_api.tables.base import Base

__all__ = ["SCHEMA", "attainment", "hierarchy", "ledger", "rollups", "splits", "targets"]

SCHEMA: Final = Schema(
    "targets",
    Base.metadata,
    revision="targets_0023",
    versioned=frozenset(
        {
            "units",
            "unit_ancestors",
            "unit_successors",
            "organisations",
            "organisation_ancestors",
            "collectors",
            "tallies",
            "targets",
            "target_changes",
            "target_progress",
            "target_verdicts",
            "target_parts",
            "baselines",
            "dead_letters",
            "heard_summaries",
        }
    ),
    beside_figures=frozenset({"dead_letters", "heard_summaries"}),
    derived=frozenset(
        {
            "unit_rollups",
            "organisation_rollups",
            "tally_deltas",
            "split_tallies",
            "split_rollups",
            "split_pairs",
            "split_deltas",
        }
    ),
)
"""Progress is computed from the tables that are versioned; those beside the figures tell which events wait."""

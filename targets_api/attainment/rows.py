"""A target in the columns of its row."""

from __future__ import annotations

from typing import Any, Final

from services.persistence.unnest import table_of
from services.vocabulary import Scope
from targets_api.domain.target import Target
from targets_api.tables.targets import TargetRow

TARGET_COLUMNS: Final = tuple(
    table_of(TargetRow).c[name]
    for name in (
        "id",
        "unit_code",
        "organisation_code",
        "collector_code",
        "scheme",
        "measure",
        "value",
        "starts_on",
        "ends_on",
        "name",
        "version",
        "set_on",
        "withdrawn_on",
        "parent_id",
    )
)
"""What `target_of` takes, in its order."""


def target_of(*columns: Any) -> Target:
    """The target in these columns, which are those of TARGET_COLUMNS in their order."""
    target_id, unit_code, organisation_code, collector_code, *rest = columns
    return Target(target_id, Scope(unit_code, organisation_code, collector_code), *rest)

"""From rows to entries of the registry."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.domain.registry import Collector, Organisation, Stay, Unit
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow


def unit_of(row: UnitRow) -> Unit:
    """The unit in a row."""
    successors = tuple(row.successors or ())
    return Unit(row.code, row.name, row.level, row.parent_code, row.valid_from, row.valid_to, successors)


def organisation_of(row: OrganisationRow) -> Organisation:
    """The organisation in a row."""
    return Organisation(row.code, row.name, row.parent_code)


def collector_of(row: CollectorRow, stays: Sequence[Stay] = ()) -> Collector:
    """The collector in a row, with these earlier stays."""
    return Collector(row.code, row.name, row.organisation_code, row.from_on, tuple(stays))

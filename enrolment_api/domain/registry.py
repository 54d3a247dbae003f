"""Rules of the registry: which level may be under which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, get_args

from services.errors import Conflict, FieldError, Invalid
from services.vocabulary import UnitLevel


class UnknownUnit(Invalid):
    """No such unit is registered."""

    code = "unknown-unit"
    title = "The unit is not registered"
    remedy = "Check the code, or ask the agency to register the unit."

    def __init__(self, unit_code: str, pointer: str = "/unit_code") -> None:
        remedy = f"no unit {unit_code} is registered: check the code, or register the unit first"
        super().__init__(remedy, (FieldError(pointer, remedy),))


class ParentRequired(Invalid):
    """Only a province stands under no other unit."""

    code = "parent-required"
    title = "The unit needs a unit above it"
    remedy = "Give `parent_code`, each time the unit is put."

    def __init__(self, level: str) -> None:
        remedy = f"a unit of level {level} is part of another: give the code of that one, each time the unit is put"
        super().__init__(remedy, (FieldError("/parent_code", remedy),))


LEVELS: tuple[UnitLevel, ...] = get_args(UnitLevel)
"""From the highest to the lowest."""


class WrongParentLevel(Invalid):
    """The parent of a unit must be of a higher level."""

    code = "wrong-parent-level"
    title = "The parent is not of a higher level"
    remedy = "Choose a parent above: province > insurance_unit > commune > village."

    def __init__(self, level: str, parent_level: str) -> None:
        remedy = f"a unit of level {level} cannot lie under one of level {parent_level}: {' > '.join(LEVELS)}"
        super().__init__(remedy, (FieldError("/parent_code", remedy),))


class UnitHasLowerUnits(Conflict):
    """The new level would not be above that of the units below."""

    code = "unit-has-lower-units"
    title = "The unit cannot take that level"
    remedy = "Move the units below it first."

    def __init__(self, level: str, lower: str) -> None:
        remedy = f"a unit of level {lower} lies below this one, which cannot become a {level}: move that one first"
        super().__init__(remedy, (FieldError("/level", remedy),))


class UnknownOrganisation(Invalid):
    """No such organisation is registered."""

    code = "unknown-organisation"
    title = "The organisation is not registered"
    remedy = "Register the organisation first."

    def __init__(self, organisation_code: str, pointer: str) -> None:
        remedy = f"no organisation {organisation_code} is registered: check the code, or register it first"
        super().__init__(remedy, (FieldError(pointer, remedy),))


class OrganisationInCircle(Invalid):
    """An organisation cannot lie below itself."""

    code = "organisation-in-circle"
    title = "The organisation would lie below itself"
    remedy = "Choose another `parent_code`."

    def __init__(self, parent_code: str) -> None:
        remedy = f"{parent_code} lies below this organisation, and cannot be its parent"
        super().__init__(remedy, (FieldError("/parent_code", remedy),))


MOST_LEVELS: Final = 100
"""How many organisations may be one below the other: as many as an event about a target names. Each adds a sum to what
a sign-up is counted for, so that they are bounded at all."""


class OrganisationTooDeep(Invalid):
    """Organisations are part of one another in a hundred levels at most."""

    code = "organisation-too-deep"
    title = "The organisation would lie too deep"
    remedy = "Choose a `parent_code` that is higher up."

    def __init__(self, levels: int) -> None:
        remedy = f"{levels} organisations would be one below the other, and at most {MOST_LEVELS} may be"
        super().__init__(remedy, (FieldError("/parent_code", remedy),))


@dataclass(frozen=True, slots=True)
class Unit:
    """An area: its parent is of a higher level. It exists from `valid_from` to `valid_to`, both included, None: without
    limit; from then on its successors take its place, in the order of their codes."""

    code: str
    name: str
    level: UnitLevel
    parent_code: str | None
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Organisation:
    """A collection organisation, which may be part of another."""

    code: str
    name: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Stay:
    """The days, both included, for which a collector belongs to an organisation. None: without limit."""

    organisation_code: str
    from_on: date | None = None
    until_on: date | None = None

    def includes(self, day: date) -> bool:
        """Whether the day is one of them."""
        return (self.from_on or day) <= day <= (self.until_on or day)

    def days(self) -> str:
        """In words."""
        begin = f"from {self.from_on} " if self.from_on else ""
        return begin + (f"until {self.until_on}" if self.until_on else "on")


@dataclass(frozen=True, slots=True)
class Collector:
    """A person who collects for one organisation, since `from_on`; `stays` are those with others before, the earliest
    first."""

    code: str
    name: str
    organisation_code: str
    from_on: date | None = None
    stays: tuple[Stay, ...] = ()


def check_unit(unit: Unit, units: Mapping[str, Unit], highest_below: UnitLevel | None) -> None:
    """May this unit stand so, among these units, above those that lie below it already?

    Raises ParentRequired, UnknownUnit, WrongParentLevel, UnitHasLowerUnits.
    """
    if unit.parent_code is None and unit.level != "province":
        raise ParentRequired(unit.level)
    if unit.parent_code is not None:
        parent = unit if unit.parent_code == unit.code else units.get(unit.parent_code)
        if parent is None:
            raise UnknownUnit(unit.parent_code, "/parent_code")
        if not is_above(parent.level, unit.level):
            raise WrongParentLevel(unit.level, parent.level)
    if highest_below and not is_above(unit.level, highest_below):
        raise UnitHasLowerUnits(unit.level, highest_below)


def check_organisation(organisation: Organisation, parents: Mapping[str, str | None], levels_below: int = 0) -> None:
    """May this organisation stand so, with so many levels below it? `parents` are those of all organisations above.

    Raises UnknownOrganisation, OrganisationInCircle, OrganisationTooDeep.
    """
    levels = 1 + levels_below
    above = organisation.parent_code
    if above is not None and above != organisation.code and above not in parents:
        raise UnknownOrganisation(above, "/parent_code")
    while above is not None:
        if above == organisation.code:
            raise OrganisationInCircle(str(organisation.parent_code))
        above, levels = parents.get(above), levels + 1
    if levels > MOST_LEVELS:
        raise OrganisationTooDeep(levels)


def check_collector(collector: Collector, organisations: frozenset[str]) -> None:
    """Raises UnknownOrganisation unless the collector's is one of these."""
    if collector.organisation_code not in organisations:
        raise UnknownOrganisation(collector.organisation_code, "/organisation_code")


def is_above(higher: UnitLevel, lower: UnitLevel) -> bool:
    """Whether units of one level contain those of the other."""
    return LEVELS.index(higher) < LEVELS.index(lower)

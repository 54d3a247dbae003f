"""When units count, and which units take the place of those that ended: communes merge and split."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from enrolment_api.domain.registry import Unit, UnknownUnit
from services.errors import Conflict, FieldError, Invalid

_DAY = timedelta(days=1)


class UnitEnded(Invalid):
    """The unit had ended on that day: of several that took its place, which is meant cannot be told; and none is put
    below it."""

    code = "unit-ended"
    title = "The unit had ended"
    remedy = "Give the one of the successors that `detail` names in which the person lives."

    def __init__(self, unit_code: str, last_day: date, successors: Sequence[str], pointer: str = "/unit_code") -> None:
        remedy = f"{unit_code} ended on {last_day}: give the one of its successors: {', '.join(successors)}"
        super().__init__(remedy, (FieldError(pointer, remedy),))


class UnitNotYetValid(Invalid):
    """The unit did not exist yet on that day."""

    code = "unit-not-yet-valid"
    title = "The unit did not exist on that day"
    remedy = "Give the unit of that day, or check `signed_on`."

    def __init__(self, unit_code: str, valid_from: date, day: date) -> None:
        remedy = f"{unit_code} exists from {valid_from} on, not on {day}: give the unit of that day, or check signed_on"
        super().__init__(remedy, (FieldError("/unit_code", remedy),))


class UnitAlreadyEnded(Conflict):
    """The unit ended on another day, or in favour of other units."""

    code = "unit-already-ended"
    title = "The unit has ended already, otherwise"
    remedy = "Read the unit: `valid_to` and `successors` say how it ended. That cannot be changed."

    def __init__(self, unit: Unit) -> None:
        successors = ", ".join(unit.successors)
        super().__init__(f"{unit.code} ended on {unit.valid_to} in favour of {successors}: that cannot be changed")


class WrongSuccessor(Invalid):
    """The unit cannot take the place of the one that ends."""

    code = "wrong-successor"
    title = "The unit cannot be a successor"
    remedy = "Name other units of the same level that exist on the day `on`."


class WrongValidity(Invalid):
    """The days of the unit do not follow each other."""

    code = "wrong-validity"
    title = "The unit would end before it begins"
    remedy = "Check `valid_from` and `on`: a unit exists for one day at least."


class UnitInSuccession(Conflict):
    """A unit that ended, or succeeded another, keeps its level."""

    code = "unit-in-succession"
    title = "The unit took part in a succession, and keeps its level"
    remedy = "Leave `level` as it is; register another unit for the other level."

    def __init__(self, unit: Unit) -> None:
        detail = f"{unit.code} is part of a succession, in which all units are of level {unit.level}: leave it"
        super().__init__(detail, (FieldError("/level", detail),))


@dataclass(frozen=True, slots=True)
class Validity:
    """The level of a unit, its first and last day, both included, and which units took its place. None: no limit."""

    level: str
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()


def unit_on(code: str, day: date, units: Mapping[str, Validity]) -> str:
    """The unit that stands for `code` on that day: itself, or where it had ended, the single one that took its place,
    and so on. Raises UnknownUnit, UnitEnded, UnitNotYetValid."""
    while True:
        unit = units.get(code)
        if unit is None:
            raise UnknownUnit(code)
        if unit.valid_to is None or day <= unit.valid_to:
            break
        if len(unit.successors) != 1:
            raise UnitEnded(code, unit.valid_to, unit.successors)
        [code] = unit.successors
    if unit.valid_from is not None and day < unit.valid_from:
        raise UnitNotYetValid(code, unit.valid_from, day)
    return code


def ended(code: str, on: date, successors: Collection[str], units: Mapping[str, Unit]) -> Unit:
    """The unit as it ends on the eve of the day `on`, from which its successors count.

    `units` are the unit, its successors, theirs and so on. Raises UnitAlreadyEnded, WrongSuccessor, WrongValidity; a
    unit that has ended that way already is returned as it is.
    """
    unit = units[code]
    after = replace(unit, valid_to=on - _DAY, successors=tuple(sorted(set(successors))))
    if unit.valid_to is not None:
        if after != unit:
            raise UnitAlreadyEnded(unit)
        return unit
    check_days(after, "/on")
    for place, successor in enumerate(successors):
        _check_successor(unit, on, successor, units, f"/successors/{place}")
    return after


def last_day_below(parent: Unit | None, today: date) -> date:
    """Until when a unit lay below this one, where it is put below another today: until that ended, else until
    yesterday."""
    yesterday = today - _DAY
    return min(yesterday, parent.valid_to) if parent and parent.valid_to else yesterday


def check_days(unit: Unit, pointer: str = "/valid_from") -> None:
    """Raises WrongValidity where the last day comes before the first."""
    if unit.valid_from is not None and unit.valid_to is not None and unit.valid_to < unit.valid_from:
        detail = f"{unit.code} would begin on {unit.valid_from}, after it ends on {unit.valid_to}"
        raise WrongValidity(detail, (FieldError(pointer, detail),))


def check_validity(unit: Unit, before: Unit | None, parent: Unit | None, succeeds: bool) -> None:
    """May a unit be registered so? `before` is what was registered, `succeeds` whether it took the place of another.

    Raises WrongValidity, UnitInSuccession, UnitEnded where it would come to lie under a unit that ended.
    """
    check_days(unit)
    if before and before.level != unit.level and (before.successors or succeeds):
        raise UnitInSuccession(before)
    is_moved = before is None or before.parent_code != unit.parent_code
    if is_moved and unit.valid_to is None and parent and parent.valid_to is not None:
        raise UnitEnded(parent.code, parent.valid_to, parent.successors, "/parent_code")


def _check_successor(unit: Unit, on: date, code: str, units: Mapping[str, Unit], pointer: str) -> None:
    successor = units.get(code)
    if successor is None:
        raise UnknownUnit(code, pointer)
    if unit.code in _reached(code, units):
        _refuse(pointer, f"{code} cannot take the place of {unit.code}, which took that of {code} itself")
    if successor.level != unit.level:
        _refuse(pointer, f"{code} is of level {successor.level}, {unit.code} of level {unit.level}")
    if successor.valid_from is not None and successor.valid_from > on:
        _refuse(pointer, f"{code} exists from {successor.valid_from} on, not on {on}")
    if successor.valid_to is not None and successor.valid_to < on:
        _refuse(pointer, f"{code} ended on {successor.valid_to}: name what took its place")


def _reached(code: str, units: Mapping[str, Unit]) -> set[str]:
    """The unit, its successors, theirs and so on."""
    reached, left = {code}, [code]
    while left:
        unit = units.get(left.pop())
        new = set(unit.successors) - reached if unit else set()
        reached |= new
        left += new
    return reached


def _refuse(pointer: str, detail: str) -> None:
    raise WrongSuccessor(detail, (FieldError(pointer, detail),))

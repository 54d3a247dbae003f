"""Reads of quotes."""

from __future__ import annotations

from datetime import date

from enrolment_api.domain.known_codes import check_level
from enrolment_api.domain.succession import Validity, unit_on
from enrolment_api.quotes.sql import PLACES
from services.persistence.unit_of_work import ReadSession


async def find_units(session: ReadSession, code: str, on: date) -> tuple[str, ...]:
    """The unit that stands for this one on the day, and all above it, the lowest first.

    Raises UnknownUnit, UnitEnded, UnitNotYetValid, UnitTooLarge.
    """
    units: dict[str, Validity] = {}
    above: dict[str, tuple[str, ...]] = {}
    for each in await session.all(PLACES, {"code": code.upper(), "on": on}):
        units[each.unit_code] = Validity(each.level, each.valid_from, each.valid_to, tuple(each.successors or ()))
        above[each.unit_code] = (*above.get(each.unit_code, ()), each.above)
    registered = code if code in units else next((each for each in units if each.upper() == code.upper()), code)
    placed = unit_on(registered, on, units)
    check_level(placed, units[placed].level)
    return above[placed]

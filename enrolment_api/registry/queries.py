"""Reads of the registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import Text, and_, bindparam, func
from sqlmodel import col, select

from enrolment_api.registry.sql import UnitAbove
from enrolment_api.tables.registry import CollectorRow, CollectorStayRow, OrganisationRow, UnitRow
from services.errors import NotFound
from services.persistence.filters import Conditions, where_given
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import UnitLevel

R = TypeVar("R", UnitRow, OrganisationRow, CollectorRow)

UNITS: Final = select(UnitRow).order_by(col(UnitRow.code))
CONDITIONS: Final[Conditions] = {
    "parent_code": lambda code: func.upper(col(UnitRow.parent_code)) == code.upper(),
    "level": lambda level: col(UnitRow.level) == level,
    "on": lambda day: and_(
        func.coalesce(col(UnitRow.valid_from), day) <= day, func.coalesce(col(UnitRow.valid_to), day) >= day
    ),
    "after": lambda code: col(UnitRow.code) > code,
}

STAYS: Final = (
    select(CollectorStayRow)
    .where(col(CollectorStayRow.collector_code) == bindparam("code", type_=Text))
    .order_by(col(CollectorStayRow.until_on))
)
BY_CODE: Final = {
    row: select(row).where(func.upper(col(row.code)) == bindparam("code", type_=Text)).order_by(col(row.code))
    for row in (UnitRow, OrganisationRow, CollectorRow)
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which units; None leaves a condition open. `after` is the code of the last one seen."""

    parent_code: str | None = None
    level: UnitLevel | None = None
    on: date | None = None
    after: str | None = None


async def find_unit(session: ReadSession, code: str) -> UnitRow:
    """Raises NotFound."""
    return _found(await _by_code(session, UnitRow, code), f"no unit {code} is registered")


async def find_organisation(session: ReadSession, code: str) -> OrganisationRow:
    """Raises NotFound."""
    return _found(await _by_code(session, OrganisationRow, code), f"no organisation {code} is registered")


async def find_collector(
    session: ReadSession, code: str, organisation_code: str | None
) -> tuple[CollectorRow, Sequence[CollectorStayRow]]:
    """A collector of this organisation, or of any where it is None, with the earlier stays. Raises NotFound."""
    row = await _by_code(session, CollectorRow, code)
    hidden = row is not None and organisation_code not in {None, row.organisation_code}
    found = _found(None if hidden else row, f"no collector {code} is registered")
    return found, (await session.scalars(STAYS, {"code": found.code})).all()


async def list_units(session: ReadSession, filters: Filters, limit: int) -> Sequence[UnitRow]:
    """At most `limit` units in the order of their codes."""
    return (await session.scalars(where_given(UNITS, CONDITIONS, filters).limit(limit))).all()


def units_above(found: Iterable[UnitAbove]) -> dict[tuple[str, date], tuple[str, ...]]:
    """Each unit with those above it on the day, the lowest first."""
    above: dict[tuple[str, date], list[str]] = {}
    for each in found:
        above.setdefault((each.unit_code, each.day), []).append(each.code)
    return {place: tuple(dict.fromkeys(codes)) for place, codes in above.items()}


async def _by_code(session: ReadSession, row: type[R], code: str) -> R | None:
    """Codes that differ only in case are one; of several that an earlier version registered, the one of this case."""
    found = (await session.scalars(BY_CODE[row], {"code": code.upper()})).all()
    return next((entry for entry in found if entry.code == code), found[0] if found else None)


def _found(row: R | None, detail: str) -> R:
    if row is None:
        raise NotFound(detail)
    return row

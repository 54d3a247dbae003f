"""Reads of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlmodel import col, select

from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.errors import NotFound
from services.persistence.filters import Conditions, where_given
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import UnitLevel

R = TypeVar("R", UnitRow, OrganisationRow, CollectorRow)

UNITS: Final = select(UnitRow).order_by(col(UnitRow.code))
CONDITIONS: Final[Conditions] = {
    "parent_code": lambda code: col(UnitRow.parent_code) == code,
    "level": lambda level: col(UnitRow.level) == level,
    "after": lambda code: col(UnitRow.code) > code,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which units; None leaves a condition open. `after` is the code of the last one seen."""

    parent_code: str | None = None
    level: UnitLevel | None = None
    after: str | None = None


async def find_unit(session: ReadSession, code: str) -> UnitRow:
    """Raises NotFound."""
    return _found(await session.get(UnitRow, code), f"no unit {code} is registered")


async def find_organisation(session: ReadSession, code: str) -> OrganisationRow:
    """Raises NotFound."""
    return _found(await session.get(OrganisationRow, code), f"no organisation {code} is registered")


async def find_collector(session: ReadSession, code: str, organisation_code: str | None) -> CollectorRow:
    """A collector of this organisation, or of any where it is None. Raises NotFound."""
    row = await session.get(CollectorRow, code)
    hidden = row is not None and organisation_code not in {None, row.organisation_code}
    return _found(None if hidden else row, f"no collector {code} is registered")


async def list_units(session: ReadSession, filters: Filters, limit: int) -> Sequence[UnitRow]:
    """At most `limit` units in the order of their codes."""
    return (await session.scalars(where_given(UNITS, CONDITIONS, filters).limit(limit))).all()


def _found(row: R | None, detail: str) -> R:
    if row is None:
        raise NotFound(detail)
    return row

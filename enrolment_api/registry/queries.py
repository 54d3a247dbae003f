"""Reads of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import col, select

from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.errors import NotFound
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import UnitLevel

R = TypeVar("R", UnitRow, OrganisationRow, CollectorRow)


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


async def list_units(
    session: ReadSession, *, parent_code: str | None, level: UnitLevel | None, after: str | None, limit: int
) -> Sequence[UnitRow]:
    """At most `limit` units in the order of their codes, from the one after `after` on."""
    wanted = select(UnitRow).order_by(col(UnitRow.code)).limit(limit)
    if parent_code:
        wanted = wanted.where(UnitRow.parent_code == parent_code)
    if level:
        wanted = wanted.where(UnitRow.level == level)
    if after:
        wanted = wanted.where(col(UnitRow.code) > after)
    return (await session.scalars(wanted)).all()


def _found(row: R | None, detail: str) -> R:
    if row is None:
        raise NotFound(detail)
    return row

"""Reads of the registry."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.registry import store
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.errors import NotFound
from services.persistence.database import Database


async def find_unit(database: Database, code: str) -> UnitRow:
    """Raises NotFound."""
    async with database.read() as session:
        row = await session.get(UnitRow, code)
    if row is None:
        raise NotFound(f"no unit {code} is registered")
    return row


async def list_units(
    database: Database, *, parent_code: str | None, level: str | None, after: str | None, limit: int
) -> Sequence[UnitRow]:
    """At most `limit` units in the order of their codes, from the one after `after` on."""
    async with database.read() as session:
        return await store.page_of_units(session, parent_code=parent_code, level=level, after=after, limit=limit)


async def find_organisation(database: Database, code: str) -> OrganisationRow:
    """Raises NotFound."""
    async with database.read() as session:
        row = await session.get(OrganisationRow, code)
    if row is None:
        raise NotFound(f"no organisation {code} is registered")
    return row


async def find_collector(database: Database, code: str, organisation_code: str | None) -> CollectorRow:
    """A collector of this organisation, or of any where it is None. Raises NotFound."""
    async with database.read() as session:
        row = await session.get(CollectorRow, code)
    if row is None or organisation_code not in {None, row.organisation_code}:
        raise NotFound(f"no collector {code} is registered")
    return row

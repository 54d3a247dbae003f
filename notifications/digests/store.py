"""Statements that write digests, and locking reads."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Text, bindparam, delete
from sqlmodel import col, select

from notifications.tables.digests import DigestRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of

_OF_NAME = table_of(DigestRow).c.name == bindparam("digest_name", type_=Text)
FOR_UPDATE: Final = select(DigestRow).where(_OF_NAME).with_for_update().execution_options(populate_existing=True)
DELETE: Final = delete(table_of(DigestRow)).where(_OF_NAME).returning(table_of(DigestRow).c.name)
KEPT_ROUTE: Final = (
    select(RouteRow)
    .where(col(RouteRow.name) == bindparam("route_name", type_=Text))
    .with_for_update(read=True, key_share=True)
)


async def one_for_change(work: UnitOfWork, name: str) -> DigestRow | None:
    """The digest, locked."""
    row: DigestRow | None = (await work.scalars(FOR_UPDATE, {"digest_name": name})).one_or_none()
    return row


async def kept_route(work: UnitOfWork, name: str) -> RouteRow | None:
    """The route, which nobody removes until the unit of work ends."""
    row: RouteRow | None = (await work.scalars(KEPT_ROUTE, {"route_name": name})).one_or_none()
    return row


async def remove(work: UnitOfWork, name: str) -> bool:
    """Delete the digest; False where there is none."""
    return (await work.execute(DELETE, {"digest_name": name})).first() is not None

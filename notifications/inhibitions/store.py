"""Statements that write inhibitions, and locking reads. Whoever writes holds ROUTES."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Text, bindparam, delete
from sqlmodel import select

from notifications.tables.inhibitions import InhibitionRow
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of

_OF_NAME = table_of(InhibitionRow).c.name == bindparam("inhibition_name", type_=Text)
FOR_UPDATE: Final = select(InhibitionRow).where(_OF_NAME).with_for_update()
DELETE: Final = delete(table_of(InhibitionRow)).where(_OF_NAME).returning(table_of(InhibitionRow).c.name)


async def one_for_change(work: UnitOfWork, name: str) -> InhibitionRow | None:
    """The inhibition, locked."""
    row: InhibitionRow | None = (await work.scalars(FOR_UPDATE, {"inhibition_name": name})).one_or_none()
    return row


async def remove(work: UnitOfWork, name: str) -> bool:
    """Delete the inhibition; False where there is none."""
    return (await work.execute(DELETE, {"inhibition_name": name})).first() is not None

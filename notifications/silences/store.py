"""Statements that write silences, and locking reads. Whoever writes holds ROUTES."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Text, bindparam
from sqlmodel import col, select

from notifications.tables.silences import SilenceRow
from services.persistence.unit_of_work import UnitOfWork

FOR_UPDATE: Final = (
    select(SilenceRow).where(col(SilenceRow.name) == bindparam("silence_name", type_=Text)).with_for_update()
)


async def one_for_change(work: UnitOfWork, name: str) -> SilenceRow | None:
    """The silence, locked."""
    row: SilenceRow | None = (await work.scalars(FOR_UPDATE, {"silence_name": name})).one_or_none()
    return row

"""Reads of inhibitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Integer, Text, bindparam
from sqlmodel import col, select

from notifications.tables.inhibitions import InhibitionRow
from services.persistence.unit_of_work import ReadSession

PAGE: Final = (
    select(InhibitionRow)
    .where(col(InhibitionRow.name) > bindparam("after", type_=Text))
    .order_by(col(InhibitionRow.name))
    .limit(bindparam("most", type_=Integer))
)
UNITS: Final = select(InhibitionRow.under).distinct()


async def list_inhibitions(session: ReadSession, after: str | None, most: int) -> Sequence[InhibitionRow]:
    """Inhibitions by their names, from the one after `after` on."""
    return (await session.scalars(PAGE, {"after": after or "", "most": most})).all()


async def inhibiting_units(session: ReadSession) -> set[str]:
    """The units at and below which alerts hush those below them."""
    return set(await session.scalars(UNITS))

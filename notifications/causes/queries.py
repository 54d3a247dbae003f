"""Reads of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Integer, Text, bindparam
from sqlmodel import col, select

from notifications.domain.report import OTHER
from notifications.tables.causes import CauseRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among

_code = col(CauseRow.code)
PAGE: Final = (
    select(CauseRow)
    .where(_code > bindparam("after", type_=Text))
    .order_by(_code)
    .limit(bindparam("most", type_=Integer))
)
CHOICES: Final = (
    select(CauseRow).order_by((_code == among("first", Text())).desc(), _code).limit(bindparam("most", type_=Integer))
)
KNOWN: Final = select(CauseRow.code).where(_code == among("codes", Text()))


async def list_causes(session: ReadSession, after: str | None, most: int) -> Sequence[CauseRow]:
    """Causes by their codes, from the one after `after` on."""
    return (await session.scalars(PAGE, {"after": after or "", "most": most})).all()


async def choosable_causes(session: ReadSession, first: Sequence[str], most: int) -> Sequence[CauseRow]:
    """So many causes at most; `other` is always among them, and so are `first`."""
    return (await session.scalars(CHOICES, {"first": [OTHER, *first], "most": most})).all()


async def known_causes(session: ReadSession, codes: Collection[str]) -> set[str]:
    """Those of the codes that are of a cause."""
    return set(await session.scalars(KNOWN, {"codes": sorted(codes)}))

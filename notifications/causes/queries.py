"""Reads of the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Integer, Text, bindparam, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from notifications.domain.report import OTHER
from notifications.tables.causes import CauseRow
from notifications.tables.reports import AlertCauseRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import among, table_of

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
_reported = table_of(AlertCauseRow).c
_newest = (
    select_columns(_reported.code)
    .order_by(_reported.alert_id.desc(), _reported.version.desc(), _reported.place.desc())
    .limit(2_000)
    .subquery()
)
OFTEN: Final = (
    select_columns(_newest.c.code)
    .group_by(_newest.c.code)
    .order_by(func.count().desc(), _newest.c.code)
    .limit(bindparam("most", type_=Integer))
)
"""Of what was reported of the newest alerts: so it takes no longer with years of reports."""
KNOWN: Final = select(CauseRow.code).where(_code == among("codes", Text()))


async def list_causes(session: ReadSession, after: str | None, most: int) -> Sequence[CauseRow]:
    """Causes by their codes, from the one after `after` on."""
    return (await session.scalars(PAGE, {"after": after or "", "most": most})).all()


async def choosable_causes(session: ReadSession, first: Sequence[str], most: int) -> Sequence[CauseRow]:
    """So many causes at most; `other` is always among them, and so are `first`."""
    return (await session.scalars(CHOICES, {"first": [OTHER, *first], "most": most})).all()


async def often_reported(session: ReadSession, most: int) -> Sequence[str]:
    """Codes of the causes that are reported most often of late, the most frequent one first."""
    return (await session.scalars(OFTEN, {"most": most})).all()


async def known_causes(session: ReadSession, codes: Collection[str]) -> set[str]:
    """Those of the codes that are of a cause."""
    return set(await session.scalars(KNOWN, {"codes": sorted(codes)}))

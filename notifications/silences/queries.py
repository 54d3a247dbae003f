"""Reads of silences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Integer, Text, bindparam
from sqlmodel import col, select

from notifications.domain.silence import Silence
from notifications.tables.silences import SilenceRow
from services.persistence.unit_of_work import ReadSession

_at = bindparam("at", type_=DateTime(timezone=True))
PAGE: Final = (
    select(SilenceRow)
    .where(col(SilenceRow.name) > bindparam("after", type_=Text))
    .order_by(col(SilenceRow.name))
    .limit(bindparam("most", type_=Integer))
)
LASTING: Final = (
    select(SilenceRow)
    .where(col(SilenceRow.ended_at).is_(None), col(SilenceRow.ends_at) > _at)
    .order_by(col(SilenceRow.name))
)
ACTIVE: Final = LASTING.where(col(SilenceRow.starts_at) <= _at)


def silence_of(row: SilenceRow) -> Silence:
    """As the rules take it."""
    return Silence(
        name=row.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        under=row.under,
        organisation_code=row.organisation_code,
        scheme=row.scheme,
        severity=row.severity,
        ended_at=row.ended_at,
    )


async def list_silences(session: ReadSession, after: str | None, most: int) -> Sequence[SilenceRow]:
    """Silences by their names, from the one after `after` on; those that are over, too."""
    return (await session.scalars(PAGE, {"after": after or "", "most": most})).all()


async def active_silences(session: ReadSession, at: datetime) -> list[Silence]:
    """Those that hush alerts at that time, by name."""
    return [silence_of(row) for row in await session.scalars(ACTIVE, {"at": at})]


async def lasting_silences(session: ReadSession, at: datetime) -> list[Silence]:
    """Those that hush alerts at that time or later, by name."""
    return [silence_of(row) for row in await session.scalars(LASTING, {"at": at})]

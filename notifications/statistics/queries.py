"""Reads of statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from notifications.alerts.due import end_of, end_of_week
from notifications.alerts.queries import known_unit
from notifications.statistics.sql import CAUSES, FIGURES, CauseRow, FiguresRow, Narrowed
from services.clock import beginning_of
from services.persistence.unit_of_work import ReadSession


@dataclass(frozen=True, slots=True)
class Asked:
    """Alerts that were raised from `start` to `end`, both included: in the unit `under` and below it where one is
    given, and those of the organisation `own_of` where one is given."""

    start: date
    end: date
    under: str | None = None
    own_of: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Figures of the whole and of each unit; `causes` are of the whole, the most frequent first."""

    under: str | None
    whole: FiguresRow
    units: Sequence[FiguresRow]
    causes: Sequence[tuple[str, int]]


async def statistics(session: ReadSession, asked: Asked, now: datetime, today: date) -> Found:
    """Figures as of `now`; reports are due until the end of the week of `today`. Raises Invalid where no unit has the
    code `under`."""
    narrowed, values = await _narrowed(session, asked)
    clock = {"now": now, "week_ends": end_of_week(today)}
    whole, *units = await session.all(FIGURES[narrowed], values | clock)
    return Found(values.get("under"), whole, units, _in_all(await session.all(CAUSES[narrowed], values)))


async def causes_by_unit_and_month(session: ReadSession, asked: Asked) -> tuple[str | None, list[CauseRow]]:
    """The code of the unit as it is registered, and the causes, the earliest month first. Raises Invalid where no unit
    has the code `under`."""
    narrowed, values = await _narrowed(session, asked)
    return values.get("under"), await session.all(CAUSES[narrowed], values)


async def _narrowed(session: ReadSession, asked: Asked) -> tuple[Narrowed, dict[str, Any]]:
    values: dict[str, Any] = {"since": beginning_of(asked.start), "until": end_of(asked.end)}
    if asked.under is not None:
        values["under"] = await known_unit(session, asked.under)
    if asked.own_of is not None:
        values["own_of"] = asked.own_of
    return Narrowed("under" in values, "own_of" in values), values


def _in_all(rows: Sequence[CauseRow]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.code] += row.alerts
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))

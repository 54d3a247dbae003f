"""Reads the figures of many units, some at a time, so that the process answers others meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from services.errors import Invalid
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scheme, UnitLevel
from targets_api.domain.main_target import main_target
from targets_api.domain.owner import NoSuchOwner
from targets_api.hierarchy.queries import known_codes
from targets_api.metrics.queries import units_of_level
from targets_api.progress.figures import Figures, ProgressKey, UnitFigures
from targets_api.progress.owner_figures import UNITS
from targets_api.progress.progress_view import unit_progress
from targets_api.progress.queries import figures_of
from targets_api.progress.schemas import TargetPace, UnitProgress

MOST_UNITS: Final = 5_000
"""There are 3,321 communes."""
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """A unit with its figures, and the pace of the target that it is measured by."""

    progress: UnitProgress
    pace: TargetPace | None


async def read_units(
    session: ReadSession, scheme: Scheme, level: UnitLevel, under: str | None, today: date
) -> list[Measured]:
    """Each of that level, with its figures of this year. Raises NoSuchOwner, and Invalid where there are too many."""
    codes = await units_of_level(session, level, await _registered(session, under), today, MOST_UNITS + 1)
    if len(codes) > MOST_UNITS:
        raise Invalid.field("/query/under", f"there are more than {MOST_UNITS:,} units of that level: name one above")
    keys = [ProgressKey(code, scheme, date(today.year, 1, 1), today) for code in codes]
    return [measured async for measured in _measured(session, keys, today)]


async def _measured(session: ReadSession, keys: list[ProgressKey], today: date) -> AsyncIterator[Measured]:
    for begin in range(0, len(keys), _AT_ONCE):
        for figures in await figures_of(session, UNITS, keys[begin : begin + _AT_ONCE], today):
            if figures is not None:
                progress = unit_progress(_with_main_target(figures, today), today)
                yield Measured(progress, next(iter(progress.targets), None))


def _with_main_target(figures: Figures[UnitFigures], today: date) -> Figures[UnitFigures]:
    """The target alone that rankings would choose: the pace of the others is not computed."""
    running = (each.target for each in figures.targets if each.target.starts_on <= today <= each.target.ends_on)
    main = main_target(running)
    return replace(figures, targets=[each for each in figures.targets if main and each.target.id == main.id])


async def _registered(session: ReadSession, under: str | None) -> str | None:
    if under is None:
        return None
    known = (await known_codes(session, "unit", [under])).get(under)
    if known is None:
        raise NoSuchOwner(f"no unit {under} is known here: check under; what was registered just now arrives soon")
    return known

"""Reads of progress: the figures of many owners at once, with two statements whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Text, bindparam, select

from services.collation import collation_key
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of, table_of
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.figures import F, Figures, ProgressKey, UnitFigures
from targets_api.progress.frames import Frame, columns_of_parts, frames_of
from targets_api.progress.owner_figures import FRAMED_UNITS, UNITS, Owner
from targets_api.progress.split_sums import parts_of
from targets_api.progress.sums import PeriodKey, sums_of
from targets_api.progress.target_figures import TargetFigures
from targets_api.remembering.kept import Kept, kept_by
from targets_api.tables.hierarchy import UnitRow

_units = table_of(UnitRow)

CHILDREN: Final = (
    select(_units.c.code, _units.c.name)
    .where(_units.c.parent_code == bindparam("code", type_=Text))
    .order_by(_units.c.code)
)


async def figures_of(
    session: ReadSession, owner: Owner[F], keys: Sequence[ProgressKey], today: date
) -> list[Figures[F] | None]:
    """The figures for each key; None for owners that are not known under that code, in whatever case."""
    columns = columns_of((key._asdict() for key in keys), "code", "scheme", "start", "on")
    owners = {found.place: found for found in await _owners(session, owner, keys, columns)}
    targets: dict[int, list[TargetFigures]] = {}
    for found in await session.all(owner.targets, {**columns, "today": today}):
        targets.setdefault(found.place, []).append(found)
    figures = [
        Figures(key, owners[place], targets.get(place, ())) if place in owners else None
        for place, key in enumerate(keys, start=1)
    ]
    return await _of_another_case(session, owner, keys, today, figures) if None in figures else figures


async def _owners(
    session: ReadSession, owner: Owner[F], keys: Sequence[ProgressKey], columns: Mapping[str, Any]
) -> Sequence[F]:
    """Whoever keeps frames reads units by them; unless they are outdated, or there are none."""
    kept = kept_by(session) if owner is UNITS else None
    found: Any = await _framed_units(session, kept, keys, columns) if kept else None
    return await session.all(owner.figures, columns) if found is None else found


async def _framed_units(
    session: ReadSession, kept: Kept, keys: Sequence[ProgressKey], columns: Mapping[str, Any]
) -> list[UnitFigures] | None:
    frames = await frames_of(session, kept, [(key.code, key.scheme, key.on) for key in keys])
    values = {**columns, **columns_of_parts(frames), "seen": kept.snapshot}
    found = await session.all(FRAMED_UNITS, values)
    if any(each.outdated for each in found):
        return None
    return [_in_frame(each.figures, frames[each.figures.place - 1]) for each in found]


def _in_frame(figures: UnitFigures, frame: Frame) -> UnitFigures:
    return figures._replace(without_baseline=frame.without_baseline)


async def _of_another_case(
    session: ReadSession, owner: Owner[F], keys: Sequence[ProgressKey], today: date, found: list[Figures[F] | None]
) -> list[Figures[F] | None]:
    """Codes that differ only in case are one: those that were not found are looked up as they are registered."""
    unknown = [key for key, each in zip(keys, found, strict=True) if each is None]
    known = await known_codes(session, owner.name, {key.code for key in unknown})
    registered = {key: key._replace(code=known[key.code]) for key in unknown if key.code in known}
    again = await figures_of(session, owner, list(registered.values()), today) if registered else []
    by_key = dict(zip(registered, again, strict=True))
    return [each or by_key.get(key) for key, each in zip(keys, found, strict=True)]


async def with_others(
    session: ReadSession, owner: Owner[F], found: Sequence[Figures[F] | None]
) -> list[Figures[F] | None]:
    """As found; with what was signed up on the same days of the other period, where that is asked for."""
    asked = [(each, days) for each in found if each and (days := each.key.other_days)]
    keys = [PeriodKey(each.owner.code, each.key.scheme, *days) for each, days in asked]
    sums = await sums_of(session, owner.name, keys)
    others = {id(each): of_other for (each, _), of_other in zip(asked, sums, strict=True)}
    return [each and replace(each, other=others.get(id(each))) for each in found]


async def with_parts(
    session: ReadSession, owner: Owner[F], found: Sequence[Figures[F] | None]
) -> list[Figures[F] | None]:
    """As found; with the parts of the split that is asked for."""
    return [each and await _with_parts(session, owner, each) for each in found]


async def _with_parts(session: ReadSession, owner: Owner[F], figures: Figures[F]) -> Figures[F]:
    key = figures.key
    if key.split is None:
        return figures
    period = PeriodKey(figures.owner.code, key.scheme, key.start, key.on)
    return replace(figures, parts=await parts_of(session, owner.name, period, key.split))


async def children_of(session: ReadSession, unit_code: str) -> list[str]:
    """Codes of the units directly below, by name in the order of the Vietnamese alphabet."""
    children = (await session.execute(CHILDREN, {"code": unit_code})).all()
    return [child.code for child in sorted(children, key=lambda child: collation_key(child.name))]

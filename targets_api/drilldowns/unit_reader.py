"""Reads of those who signed up in a unit and below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of
from services.web.lists import Cut, cut
from targets_api.drilldowns.schemas import BelowKey, InUnitPage, OwnerInUnit
from targets_api.drilldowns.shown import owner_in_list
from targets_api.drilldowns.unit_queries import (
    COLLECTORS_IN_NARROW,
    COLLECTORS_IN_WIDE,
    FIGURES_OF_COLLECTORS,
    NARROW,
    ORGANISATIONS_IN_UNIT,
    TARGETS_OF_COLLECTORS,
    TARGETS_OF_ORGANISATIONS,
    UNITS_BELOW,
)
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.figures import F, Figures, ProgressKey
from targets_api.progress.split_sums import split_values
from targets_api.progress.sums import PeriodKey
from targets_api.progress.target_figures import TargetFigures
from targets_api.remembering.read import Read, on_unit, one_by_one
from targets_api.remembering.schemas import UNTOLD

AT_MOST: Final = 4
"""So many pages are read in one run."""


async def read_organisations(session: ReadSession, asked: BelowKey, today: date) -> InUnitPage | None:
    """Each organisation that a sign-up names; None where the unit is not known."""
    key = await _as_registered(session, asked)
    if key is None:
        return None
    values = split_values(PeriodKey(key.code, key.scheme, key.start, key.on))
    values |= {"after": key.after, "limit": key.limit + 1}
    page = cut(await session.all(ORGANISATIONS_IN_UNIT, values), key.limit, lambda each: each.code)
    columns = _columns(key, [each.code for each in page.rows])
    found = await _with_targets(session, key, page.rows, TARGETS_OF_ORGANISATIONS, {**columns, "today": today})
    return _page(key, page, found, today)


async def read_collectors(session: ReadSession, asked: BelowKey, today: date) -> InUnitPage | None:
    """Each collector; None as above."""
    key = await _as_registered(session, asked)
    if key is None:
        return None
    page = cut(await _collectors(session, key), key.limit, str)
    columns = _columns(key, page.rows)
    owners = await session.all(FIGURES_OF_COLLECTORS, columns) if page.rows else []
    owners = sorted(owners, key=lambda each: each.place)
    found = await _with_targets(session, key, owners, TARGETS_OF_COLLECTORS, {**columns, "today": today})
    return _page(key, page, found, today)


async def _as_registered(session: ReadSession, key: BelowKey) -> BelowKey | None:
    code = (await known_codes(session, "unit", [key.code])).get(key.code)
    return None if code is None else key._replace(code=code)


async def _collectors(session: ReadSession, key: BelowKey) -> Sequence[str]:
    [units] = await session.scalars(UNITS_BELOW, {"unit_code": key.code, "limit": NARROW + 1})
    days = {"scheme": key.scheme, "since": key.start, "until": key.on}
    values = {"unit_code": key.code, **days, "after": key.after, "limit": key.limit + 1}
    return list(await session.scalars(COLLECTORS_IN_NARROW if units <= NARROW else COLLECTORS_IN_WIDE, values))


def _columns(key: BelowKey, codes: Sequence[str]) -> dict[str, Any]:
    keys = (ProgressKey(code, key.scheme, key.start, key.on)._asdict() for code in codes)
    return {**columns_of(keys, "code", "scheme", "start", "on"), "unit_code": key.code}


async def _with_targets(
    session: ReadSession, key: BelowKey, owners: Sequence[F], targets: Query[TargetFigures], values: dict[str, Any]
) -> list[Figures[F]]:
    of_place: dict[int, list[TargetFigures]] = {}
    for each in await session.all(targets, values) if owners else []:
        of_place.setdefault(each.place, []).append(each)
    keys = [ProgressKey(owner.code, key.scheme, key.start, key.on) for owner in owners]
    return [Figures(k, owner, of_place.get(owner.place, ())) for k, owner in zip(keys, owners, strict=True)]


def _page(key: BelowKey, page: Cut[Any], found: Sequence[Figures[Any]], today: date) -> InUnitPage:
    return InUnitPage(
        unit_code=key.code,
        scheme=key.scheme,
        start=key.start,
        on=key.on,
        items=[owner_in_list(OwnerInUnit, each, today) for each in found],
        next=page.next,
        **UNTOLD,
    )


ORGANISATIONS_IN_IT: Final = Read(
    "unit",
    one_by_one(read_organisations),
    lambda key: on_unit(key.code, key.scheme),
    is_costly=lambda _, __: True,
    at_most=AT_MOST,
)
COLLECTORS_IN_IT: Final = Read(
    "unit",
    one_by_one(read_collectors),
    lambda key: on_unit(key.code, key.scheme),
    is_costly=lambda _, __: True,
    at_most=AT_MOST,
)

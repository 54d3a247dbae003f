"""What differs between enrolment and targets, group by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import merge
from itertools import groupby

from drive.reconciling.side_by_side import side_by_side
from drive.reconciling.sides import Period, Sides
from drive.reconciling.spool import Spool
from drive.reconciling.suspects import settle, suspects_of
from enrolment_api.feed.queries import ENTRIES as RECORDED
from services.reconciliation.entries import Group, GroupKey
from targets_api.rebuilding.queries import ENTRIES as COUNTED


@dataclass(frozen=True, slots=True)
class Difference:
    """A group, with what each side has of it now, and how many of its sign-ups differ for which cause.

    Of those, `on_the_way` are not published yet, in the queue, or tried again by themselves; `dead_letters` wait for a
    person.
    """

    key: GroupKey
    recorded: Group | None
    counted: Group | None
    causes: Counter[str] = field(default_factory=Counter)
    on_the_way: int = 0
    dead_letters: int = 0

    @property
    def is_real(self) -> bool:
        """Something differs that will not arrive by itself."""
        return self.causes.total() > self.on_the_way


@dataclass(frozen=True, slots=True)
class _Totals:
    key: GroupKey
    recorded: Group | None
    counted: Group | None


async def differing_days(sides: Sides, period: Period) -> list[date]:
    """The days of which a group is not the same on both sides, be it that something is on its way."""
    days: set[date] = set()
    wanted = {"from_day": period.since, "until_day": period.until}
    async with sides.enrolment.read() as source, sides.targets.read() as local:
        both = side_by_side(source.stream(RECORDED.groups, wanted), local.stream(COUNTED.groups, wanted))
        async for recorded, counted in both:
            if recorded != counted:
                days.update(group.day for group in (recorded, counted) if group)
    return sorted(days)


async def differences(sides: Sides, period: Period, wait: timedelta) -> AsyncIterator[Difference]:
    """In the order of days, units, schemes and kinds."""
    days = await differing_days(sides, period)
    if not days:
        return
    spools = await settle(sides, await suspects_of(sides, days), wait)
    if not any(spool.size for spool in spools):
        return
    async for difference, totals in side_by_side(_grouped(spools), _totals(sides, days)):
        if difference:
            recorded, counted = (totals.recorded, totals.counted) if totals else (None, None)
            yield Difference(
                difference.key, recorded, counted, difference.causes, difference.on_the_way, difference.dead_letters
            )


async def _grouped(spools: Sequence[Spool]) -> AsyncIterator[Difference]:
    by_key = groupby(merge(*(spool.read() for spool in spools), key=lambda each: each.key), key=lambda each: each.key)
    for key, suspects in by_key:
        causes: Counter[str] = Counter()
        places: Counter[str | None] = Counter()
        for suspect in suspects:
            causes[suspect.cause] += 1
            places[suspect.place] += 1
        yield Difference(key, None, None, causes, places["on_the_way"], places["dead_letter"])


async def _totals(sides: Sides, days: Sequence[date]) -> AsyncIterator[_Totals]:
    wanted = {"days": list(days)}
    async with sides.enrolment.read() as source, sides.targets.read() as local:
        both = side_by_side(
            source.stream(RECORDED.groups_of_days, wanted), local.stream(COUNTED.groups_of_days, wanted)
        )
        async for recorded, counted in both:
            one = recorded or counted
            if one:
                yield _Totals(one.key, recorded, counted)

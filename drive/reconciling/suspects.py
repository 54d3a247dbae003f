"""The sign-ups of days that differ, compared one by one.

Nobody stops recording and counting meanwhile. What targets has, enrolment has recorded before: so whatever enrolment
lacks when it is asked later is a surplus. What enrolment has may still be on its way: so that is looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from drive.reconciling.sides import Sides
from drive.reconciling.spool import Cause, Spool, Suspect
from enrolment_api.feed.queries import ENTRIES as RECORDED
from enrolment_api.feed.queries import waiting
from services.persistence.database import Database
from services.reconciliation.entries import Entries, Entry, GroupKey, of_days, of_ids
from services.waiting import poll
from targets_api.rebuilding.queries import ENTRIES as COUNTED
from targets_api.rebuilding.queries import dead_letters


async def suspects_of(sides: Sides, days: Sequence[date]) -> list[Spool]:
    """Those that enrolment has and targets has not so, and those that targets alone has there; by groups."""
    lacking, elsewhere = Spool(), Spool()
    async for page, kept in lacking_pages(sides, days):
        lacking.write(_among(page, {e.enrolment_id: e for e in page}, kept))
    async for counted in entries_of_days(sides.targets, COUNTED, days):
        recorded = await entries_of_ids(sides.enrolment, RECORDED, (entry.enrolment_id for entry in counted))
        found = _among(counted, recorded, {e.enrolment_id: e for e in counted})
        elsewhere.write(s for s in found if s.id not in recorded or recorded[s.id].key != s.key)
    return [lacking, elsewhere]


async def lacking_pages(sides: Sides, days: Sequence[date]) -> AsyncIterator[tuple[list[Entry], dict[UUID, Entry]]]:
    """Sign-ups of enrolment, with what targets has of them afterwards."""
    async for page in entries_of_days(sides.enrolment, RECORDED, days):
        yield page, await entries_of_ids(sides.targets, COUNTED, (entry.enrolment_id for entry in page))


async def entries_of_days(database: Database, entries: Entries, days: Sequence[date]) -> AsyncIterator[list[Entry]]:
    """Sign-ups of one side, some at a time."""
    async with database.read() as session:
        async for page in of_days(session, entries, days):
            yield page


async def entries_of_ids(database: Database, entries: Entries, ids: Iterable[UUID]) -> dict[UUID, Entry]:
    """Sign-ups of one side, as of now."""
    async with database.read() as session:
        return await of_ids(session, entries, list(ids))


def _among(page: Sequence[Entry], recorded: dict[UUID, Entry], counted: dict[UUID, Entry]) -> Iterator[Suspect]:
    for each in page:
        cause = cause_of(recorded.get(each.enrolment_id), counted.get(each.enrolment_id))
        if cause:
            yield Suspect(each.key, each.enrolment_id, cause)


def cause_of(recorded: Entry | None, counted: Entry | None) -> Cause | None:
    """Why a sign-up differs; None where it does not, or where targets has a later version than enrolment had before."""
    if recorded is None:
        return None if counted is None else "surplus"
    if counted is None:
        return "missing"
    if counted.facts == recorded.facts or counted.version > recorded.version:
        return None
    if counted.version < recorded.version:
        return "outdated"
    return "incomplete" if counted.facts == _without_details(recorded).facts else "altered"


def _without_details(entry: Entry) -> Entry:
    return entry._replace(amount_paid=None, channel=None, campaign_code=None)


async def settle(sides: Sides, spools: list[Spool], wait: timedelta) -> list[Spool]:
    """Those that still differ once all has arrived that is on its way, or once it was waited for so long; with the
    places where their events are."""
    left = spools

    async def look() -> bool:
        nonlocal left
        left = [await _looked_at_again(sides, each) for each in left]
        return any(s.cause in ("missing", "outdated") for each in left for s in each.read())

    try:
        async with asyncio.timeout(wait.total_seconds()):
            await poll(look, lambda may_arrive: not may_arrive, every=0.5)
    except TimeoutError:
        pass
    is_queued = await sides.queued() > 0
    return [await _placed(sides, await _looked_at_again(sides, each), is_queued=is_queued) for each in left]


async def _looked_at_again(sides: Sides, spool: Spool) -> Spool:
    left = Spool()
    for page in spool.pages():
        ids = [suspect.id for suspect in page]
        recorded = await entries_of_ids(sides.enrolment, RECORDED, ids)
        counted = await entries_of_ids(sides.targets, COUNTED, ids)
        for each in page:
            one, other = recorded.get(each.id), counted.get(each.id)
            cause = cause_of(one, other)
            if cause and each.key in _keys(one, other):
                left.write([each._replace(cause=cause)])
    return left


def _keys(*entries: Entry | None) -> set[GroupKey]:
    """It may have left the group meanwhile: then it is a suspect of the other."""
    return {entry.key for entry in entries if entry}


async def _placed(sides: Sides, spool: Spool, *, is_queued: bool) -> Spool:
    placed = Spool()
    for page in spool.pages():
        ids = [suspect.id for suspect in page if suspect.cause in ("missing", "outdated")]
        async with sides.targets.read() as session:
            dead = await dead_letters(session, ids)
        async with sides.enrolment.read() as session:
            unsent = await waiting(session, ids)
        travelling = {*unsent, *(each for each, is_tried_again in dead.items() if is_tried_again)}
        for each in page:
            if each.id in travelling or (is_queued and each.id in ids and each.id not in dead):
                placed.write([each._replace(place="on_the_way")])
            else:
                placed.write([each._replace(place="dead_letter" if each.id in dead else None)])
    return placed

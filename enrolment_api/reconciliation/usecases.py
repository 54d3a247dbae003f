"""Summarise what was recorded; take requests for events; publish them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, get_args
from uuid import UUID

from enrolment_api.enrolments.events import recorded_event
from enrolment_api.reconciliation import store
from enrolment_api.registry.events import registered_event
from services.clock import Clock
from services.contracts.envelope import Event
from services.contracts.reconciliation import (
    DaySummary,
    EnrolmentSummary,
    EnrolmentSummaryFacts,
    RegistryKind,
    RegistrySummary,
    ResendRequested,
)
from services.contracts.sources import ENROLMENT_SOURCE
from services.ids import new_id
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.reconciliation import resends, schedule, totals
from services.reconciliation.resends import Asker, Page, Resend

DAYS_PER_SUMMARY: Final = 1000
KINDS: Final[tuple[RegistryKind, ...]] = get_args(RegistryKind)


async def summarise(database: Database, clock: Clock, interval: timedelta) -> None:
    """Publish what there is of each day and of the registry, unless another process has just done so."""
    await totals.fold(database)
    async with database.write() as work:
        if await schedule.claim_interval(work, "enrolment", clock.now(), interval):
            await emit(work, await _summaries(work, clock))


async def _summaries(session: ReadSession, clock: Clock) -> list[EnrolmentSummary]:
    registry = await totals.of_registry(session)
    of_registry = tuple(
        RegistrySummary(kind=kind, n=registry[kind].n, checksum=registry[kind].checksum) for kind in KINDS
    )
    by_day = await totals.by_day(session)
    days = [DaySummary(day=day, n=total.n, checksum=total.checksum) for day, total in by_day.items()]
    facts = ranges_of(days)
    facts[0] = facts[0].model_copy(update={"registry": of_registry})
    now = clock.now()
    return [
        EnrolmentSummary(id=new_id(), subject=ENROLMENT_SOURCE, time=now, correlationid=str(new_id()), data=each)
        for each in facts
    ]


def ranges_of(days: Sequence[DaySummary]) -> list[EnrolmentSummaryFacts]:
    """The days, sorted, in ranges of a bounded number that together cover all of time."""
    starts: list[date | None] = [None, *(day.day for day in days[DAYS_PER_SUMMARY::DAYS_PER_SUMMARY])]
    ends = [*starts[1:], None]
    return [
        EnrolmentSummaryFacts(
            from_day=start,
            until_day=end,
            days=tuple(days[number * DAYS_PER_SUMMARY : (number + 1) * DAYS_PER_SUMMARY]),
        )
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


async def take_requests(work: UnitOfWork, requests: Sequence[ResendRequested], clock: Clock) -> None:
    """Note what is asked of enrolment; it is worked off page by page, so that nothing of it is lost on the way."""
    for request in requests:
        if request.data.addressee == ENROLMENT_SOURCE:
            asker = Asker(request.source, clock.now(), request.correlationid)
            await resends.ask(work, "day", [day.isoformat() for day in request.data.days], asker)
            await resends.ask(work, "registry", list(request.data.registry), asker)


async def resend(database: Database, clock: Clock, metrics: Metrics) -> None:
    """Publish again what was asked for."""

    async def read_page(session: ReadSession, what: Resend, limit: int) -> Page:
        if what.kind == "day":
            return await _page_of_day(session, what, limit)
        return await _page_of_registry(session, what, limit, clock)

    await resends.work_off(database, metrics, read_page)


async def _page_of_day(session: ReadSession, what: Resend, limit: int) -> Page:
    """Sign-ups under their old ids. What else is ever told of a sign-up (a correction, a cancellation) belongs here."""
    after = UUID(what.after) if what.after else None
    enrolments = await store.enrolments_of_day(session, date.fromisoformat(what.key), after, limit)
    events: list[Event] = [recorded_event(enrolment, what.correlation_id) for enrolment in enrolments]
    return Page(events, str(enrolments[-1].id) if len(enrolments) == limit else None)


async def _page_of_registry(session: ReadSession, what: Resend, limit: int, clock: Clock) -> Page:
    kind = next(kind for kind in KINDS if kind == what.key)
    entries = await store.entries(session, kind, what.after, limit)
    now = clock.now()
    events = [registered_event(entry, version, now, what.correlation_id) for entry, version in entries]
    return Page(events, entries[-1][0].code if len(entries) == limit else None)

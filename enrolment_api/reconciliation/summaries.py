"""Summaries of what was recorded: the runner that publishes one in each interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, get_args

from enrolment_api.reconciliation.queries import REGISTRY_TOTALS
from services.clock import Clock
from services.context import Context, context_of
from services.contracts.reconciliation import DaySummary, EnrolmentSummary, EnrolmentSummaryFacts, RegistrySummary
from services.contracts.sources import ENROLMENT_SOURCE
from services.ids import new_id
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.reconciliation import schedule, totals
from services.vocabulary import RegistryKind

DAYS_PER_SUMMARY: Final = 1000
KINDS: Final[tuple[RegistryKind, ...]] = get_args(RegistryKind)


async def summarise(database: Database, clock: Clock, interval: timedelta) -> None:
    """Publish what there is of each day and of the registry, unless another process has just done so."""
    await totals.fold(database)
    async with database.write() as work:
        context = context_of(clock)
        if await schedule.claim_interval(work, "enrolment", context.now, interval):
            await emit(work, await _summaries(work, context))


async def _summaries(session: ReadSession, context: Context) -> list[EnrolmentSummary]:
    registry = await totals.of_registry(session, REGISTRY_TOTALS)
    of_registry = tuple(
        RegistrySummary(kind=kind, n=registry[kind].n, checksum=registry[kind].checksum) for kind in KINDS
    )
    by_day = await totals.by_day(session)
    facts = ranges_of([DaySummary(day=day, n=total.n, checksum=total.checksum) for day, total in by_day.items()])
    facts[0] = facts[0].model_copy(update={"registry": of_registry})
    return [
        EnrolmentSummary(
            id=new_id(), subject=ENROLMENT_SOURCE, time=context.now, correlationid=context.correlation_id, data=each
        )
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

"""Compare the ledger and the registry with what enrolment tells, and ask for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from services.clock import Clock
from services.contracts.reconciliation import EnrolmentSummary, RegistryKind, ResendFacts, ResendRequested
from services.contracts.sources import ENROLMENT_SOURCE, TARGETS_SOURCE
from services.ids import new_id
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.unit_of_work import UnitOfWork
from services.reconciliation import listener as listening
from services.reconciliation import totals
from services.reconciliation.comparison import Total
from services.reconciliation.listener import Range, Summary

KINDS = ("day", "registry")


class Comparison:
    """The listener's side of the summaries of enrolment."""

    def __init__(self, clock: Clock, interval: timedelta, metrics: Metrics) -> None:
        self._clock = clock
        self._interval = interval
        self._metrics = metrics

    async def hear(self, work: UnitOfWork, summaries: Sequence[EnrolmentSummary]) -> None:
        """Of several summaries of a range the newest counts: the same moment must not be compared twice."""
        await listening.lock_comparison(work)
        by_time = sorted(summaries, key=lambda summary: summary.time)
        for summary in {(s.data.from_day, s.data.until_day): s for s in by_time}.values():
            days = await self._days_to_ask_for(work, summary)
            kinds = await self._kinds_to_ask_for(work, summary)
            if days or kinds:
                await emit(work, [self._request(days, kinds, summary.correlationid)])

    async def _days_to_ask_for(self, work: UnitOfWork, summary: EnrolmentSummary) -> list[date]:
        facts = summary.data
        ours = await totals.by_day(work, facts.from_day, facts.until_day)
        told = {day.day.isoformat(): Total(day.n, day.checksum) for day in facts.days}
        ends = (day.isoformat() if day else None for day in (facts.from_day, facts.until_day))
        heard = Summary(Range("day", *ends), told, summary.time)
        keys = await self._compare(work, heard, {day.isoformat(): total for day, total in ours.items()})
        return [date.fromisoformat(key) for key in keys]

    async def _kinds_to_ask_for(self, work: UnitOfWork, summary: EnrolmentSummary) -> list[RegistryKind]:
        if not summary.data.registry:
            return []
        told: dict[str, Total] = {each.kind: Total(each.n, each.checksum) for each in summary.data.registry}
        heard = Summary(Range("registry"), told, summary.time)
        keys = await self._compare(work, heard, await totals.of_registry(work))
        return [each.kind for each in summary.data.registry if each.kind in keys]

    async def _compare(self, work: UnitOfWork, summary: Summary, ours: dict[str, Total]) -> list[str]:
        return await listening.hear(work, summary, ours, interval=self._interval, metrics=self._metrics)

    def _request(self, days: Sequence[date], kinds: Sequence[RegistryKind], correlation_id: str) -> ResendRequested:
        return ResendRequested(
            id=new_id(),
            source=TARGETS_SOURCE,
            subject=ENROLMENT_SOURCE,
            time=self._clock.now(),
            correlationid=correlation_id,
            data=ResendFacts(addressee=ENROLMENT_SOURCE, days=tuple(days), registry=tuple(kinds)),
        )

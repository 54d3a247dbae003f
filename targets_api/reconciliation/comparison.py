"""Compare the ledger and the registry with the summaries of enrolment, and ask for what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from services.context import Context
from services.contracts.reconciliation import EnrolmentSummary, ResendFacts, ResendRequested
from services.contracts.sources import ENROLMENT_SOURCE, TARGETS_SOURCE
from services.ids import new_id
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of
from services.persistence.versions import confirm
from services.reconciliation import listener, totals
from services.reconciliation.comparison import Total
from services.reconciliation.listener import Range, Summary
from services.reconciliation.totals import registry_totals
from services.vocabulary import RegistryKind
from targets_api.tables.hierarchy import CollectorRow, OrganisationRow, UnitRow

KINDS: Final = ("day", "registry")
REGISTRY_TOTALS: Final = registry_totals(
    {"unit": table_of(UnitRow), "organisation": table_of(OrganisationRow), "collector": table_of(CollectorRow)}
)


async def compare(
    work: UnitOfWork, context: Context, summaries: Sequence[EnrolmentSummary], *, interval: timedelta, metrics: Metrics
) -> None:
    """Of several summaries of a range the newest counts: the same moment must not be compared twice."""
    await listener.lock_comparison(work)
    by_time = sorted(summaries, key=lambda summary: summary.time)
    for summary in {(s.data.from_day, s.data.until_day): s for s in by_time}.values():
        kinds, days = [], []
        for each, local in await _both(work, summary):
            keys = await listener.compare_summary(work, each, local, interval=interval, metrics=metrics)
            if each.range.kind == "day":
                days = [date.fromisoformat(key) for key in keys]
            else:
                kinds = [entry.kind for entry in summary.data.registry if entry.kind in keys]
        await confirm(work, min(summary.time, context.now))
        if days or kinds:
            await emit(work, [_request(context, days, kinds, summary.correlationid)])


async def _both(work: UnitOfWork, summary: EnrolmentSummary) -> list[tuple[Summary, Mapping[str, Total]]]:
    """What the summary says of days, and of the registry where it does, each with the local totals."""
    return [await _of_days(work, summary), *([await _of_registry(work, summary)] if summary.data.registry else [])]


async def _of_days(work: UnitOfWork, summary: EnrolmentSummary) -> tuple[Summary, Mapping[str, Total]]:
    facts = summary.data
    local = await totals.by_day(work, facts.from_day, facts.until_day)
    source = {day.day.isoformat(): Total(day.n, day.checksum) for day in facts.days}
    ends = (day.isoformat() if day else None for day in (facts.from_day, facts.until_day))
    received = Summary(Range("day", *ends), source, summary.time)
    return received, {day.isoformat(): total for day, total in local.items()}


async def _of_registry(work: UnitOfWork, summary: EnrolmentSummary) -> tuple[Summary, Mapping[str, Total]]:
    source: dict[str, Total] = {each.kind: Total(each.n, each.checksum) for each in summary.data.registry}
    local = await totals.of_registry(work, REGISTRY_TOTALS)
    return Summary(Range("registry"), source, summary.time), local


def _request(
    context: Context, days: Sequence[date], kinds: Sequence[RegistryKind], correlation_id: str
) -> ResendRequested:
    return ResendRequested(
        id=new_id(),
        source=TARGETS_SOURCE,
        subject=ENROLMENT_SOURCE,
        time=context.now,
        correlationid=correlation_id,
        data=ResendFacts(addressee=ENROLMENT_SOURCE, days=tuple(days), registry=tuple(kinds)),
    )

"""Compare the units with the summaries of enrolment, and request them where some are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import case, select

from notifications.reconciliation.events import resend_requested
from notifications.tables.registry import UnitRow
from services.context import Context
from services.contracts.reconciliation import EnrolmentSummary, ResendFacts
from services.contracts.sources import ENROLMENT_SOURCE
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import table_of
from services.reconciliation import listener, totals
from services.reconciliation.comparison import Total
from services.reconciliation.listener import Range, Summary
from services.reconciliation.totals import registry_totals

KINDS: Final = ("registry",)
_UNPUBLISHED: Final = 0
"""A version below any that enrolment publishes."""
_unit = table_of(UnitRow).c
_KNOWN: Final = select(
    _unit.code, case((_unit.level.is_(None), _UNPUBLISHED), else_=_unit.version).label("version")
).subquery("known")
UNIT_TOTALS: Final = registry_totals({"unit": _KNOWN})
"""What the version before wrote without a level counts as below any version that is published: so it is asked for."""


async def compare_units(
    work: UnitOfWork, context: Context, summaries: Sequence[EnrolmentSummary], *, interval: timedelta, metrics: Metrics
) -> None:
    """Of several summaries that name the units the newest counts; those of days alone are passed over."""
    named = [summary for summary in summaries if any(each.kind == "unit" for each in summary.data.registry)]
    if not named:
        return
    newest = max(named, key=lambda summary: summary.time)
    await listener.lock_comparison(work)
    local = await totals.of_registry(work, UNIT_TOTALS)
    if await listener.compare_summary(work, _units_of(newest), local, interval=interval, metrics=metrics):
        facts = ResendFacts(addressee=ENROLMENT_SOURCE, registry=("unit",))
        await emit(work, [resend_requested(facts, context.now, newest.correlationid)])


def _units_of(summary: EnrolmentSummary) -> Summary:
    """What it says of units; organisations and collectors are not kept here."""
    source: dict[str, Total] = {e.kind: Total(e.n, e.checksum) for e in summary.data.registry if e.kind == "unit"}
    return Summary(Range("registry"), source, summary.time)

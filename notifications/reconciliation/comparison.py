"""Compare units and organisations with the summaries of enrolment, and request them where some are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import case, select

from notifications.reconciliation.events import resend_requested
from notifications.tables.registry import OrganisationRow, UnitRow
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
REGISTRY_TOTALS: Final = registry_totals({"unit": _KNOWN, "organisation": table_of(OrganisationRow)})
"""What the version before wrote without a level counts as below any version that is published: so it is asked for."""


async def compare_registry(
    work: UnitOfWork, context: Context, summaries: Sequence[EnrolmentSummary], *, interval: timedelta, metrics: Metrics
) -> None:
    """Of several summaries of the registry the newest counts; those of days alone are passed over."""
    named = [summary for summary in summaries if summary.data.registry]
    if not named:
        return
    newest = max(named, key=lambda summary: summary.time)
    await listener.lock_comparison(work)
    local = await totals.of_registry(work, REGISTRY_TOTALS)
    if missing := await listener.compare_summary(work, _kept_of(newest), local, interval=interval, metrics=metrics):
        kinds = tuple(each.kind for each in newest.data.registry if each.kind in missing)
        facts = ResendFacts(addressee=ENROLMENT_SOURCE, registry=kinds)
        await emit(work, [resend_requested(facts, context.now, newest.correlationid)])


def _kept_of(summary: EnrolmentSummary) -> Summary:
    """What it says of units and organisations; collectors are not kept here."""
    source: dict[str, Total] = {e.kind: Total(e.n, e.checksum) for e in summary.data.registry if e.kind != "collector"}
    return Summary(Range("registry"), source, summary.time)

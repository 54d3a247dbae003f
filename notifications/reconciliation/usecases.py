"""Compare the alerts with summaries of pace, and request the events of what differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from notifications.domain.pace_comparison import Difference, Stage, differing, due, seen
from notifications.reconciliation import queries, store
from notifications.reconciliation.comparison import KINDS
from notifications.reconciliation.events import resend_requested
from services.context import Context
from services.contracts.reconciliation import KnownPace, PaceSummary, ResendFacts, ResendRequested
from services.contracts.sources import TARGETS_SOURCE
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.reconciliation import listener

log = structlog.get_logger(__name__)

TARGETS_PER_REQUEST: Final = 500
"""A request is answered in one unit of work."""
WHAT: Final = "target"


async def compare(
    work: UnitOfWork, context: Context, summaries: Sequence[PaceSummary], *, interval: timedelta, metrics: Metrics
) -> None:
    """Of several summaries of a range the newest counts. `interval` is the time between two summaries of a range."""
    by_time = sorted(summaries, key=lambda summary: summary.time)
    for summary in {(s.data.from_id, s.data.until_id): s for s in by_time}.values():
        before = await queries.differences(work, summary.data.from_id, summary.data.until_id)
        found = await _found(work, summary, before)
        asked = due(found, summary.time, interval)
        gone = sorted(before.keys() - found.keys())
        await store.save(work, found | asked, gone)
        await emit(work, _requests(asked, context.now, summary.correlationid))
        mended = [target_id for target_id in gone if before[target_id].asked.times]
        _report_after_commit(work, asked, mended, metrics)


async def measure(session: ReadSession, metrics: Metrics) -> None:
    """Set the gauges of what differs now."""
    await listener.measure(session, metrics, KINDS)
    metrics.differing.labels(WHAT).set(await queries.count_confirmed(session))


async def _found(
    session: ReadSession, summary: PaceSummary, before: Mapping[UUID, Difference]
) -> dict[UUID, Difference]:
    source = {each.target_id: Stage(each.episode, each.revision) for each in summary.data.lagging}
    alerts = await queries.unresolved(session, summary.data.from_id, summary.data.until_id)
    ended = await queries.ended_by_hand(session, source.keys() - {alert.target_id for alert in alerts})
    known = await queries.known(session, differing(source, alerts, ended))
    return {
        target_id: seen(Difference(source.get(target_id), stage, summary.time), before.get(target_id))
        for target_id, stage in known.items()
    }


def _requests(asked: Mapping[UUID, Difference], now: datetime, correlation_id: str) -> list[ResendRequested]:
    known = [
        KnownPace(target_id=target_id, episode=found.known.episode, revision=found.known.revision)
        for target_id, found in sorted(asked.items())
    ]
    parts = [tuple(known[start : start + TARGETS_PER_REQUEST]) for start in range(0, len(known), TARGETS_PER_REQUEST)]
    of_parts = [ResendFacts(addressee=TARGETS_SOURCE, targets=targets) for targets in parts]
    return [resend_requested(facts, now, correlation_id) for facts in of_parts]


def _report_after_commit(
    work: UnitOfWork, asked: Mapping[UUID, Difference], mended: Collection[UUID], metrics: Metrics
) -> None:
    def report() -> None:
        for target_id, found in sorted(asked.items()):
            _log_difference(target_id, found)
        for target_id in mended:
            log.info("reconcile_mended", what=WHAT, key=str(target_id))
        metrics.differences.labels(WHAT).inc(len(asked))
        metrics.mended.labels(WHAT).inc(len(mended))

    work.after_commit(report)


def _log_difference(target_id: UUID, found: Difference) -> None:
    source = {"source_episode": found.source.episode, "source_revision": found.source.revision} if found.source else {}
    known = {"known_episode": found.known.episode, "known_revision": found.known.revision}
    log.warning("reconcile_differs", what=WHAT, key=str(target_id), **source, **known, asked=found.asked.times)

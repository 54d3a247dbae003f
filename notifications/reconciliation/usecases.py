"""Compare the alerts with what the targets service tells, and ask it about what differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from notifications.domain.pace_comparison import Difference, Stage, differing, due, seen
from notifications.reconciliation import store
from services.clock import Clock
from services.contracts.reconciliation import KnownPace, PaceSummary, ResendFacts, ResendRequested
from services.contracts.sources import NOTIFICATIONS_SOURCE, TARGETS_SOURCE
from services.ids import new_id
from services.messaging.outbox import emit
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession, UnitOfWork

log = structlog.get_logger(__name__)

TARGETS_PER_REQUEST: Final = 500
"""A request is answered in one unit of work."""
WHAT: Final = "target"


class Comparison:
    """The listener's side of the summaries of pace."""

    def __init__(self, clock: Clock, interval: timedelta, metrics: Metrics) -> None:
        self._clock = clock
        self._interval = interval
        self._metrics = metrics

    async def hear(self, work: UnitOfWork, summaries: Sequence[PaceSummary]) -> None:
        """Of several summaries of a range the newest counts: the same moment must not be compared twice."""
        by_time = sorted(summaries, key=lambda summary: summary.time)
        for summary in {(s.data.from_id, s.data.until_id): s for s in by_time}.values():
            await self._hear_one(work, summary)

    async def _hear_one(self, work: UnitOfWork, summary: PaceSummary) -> None:
        before = await store.differences(work, summary.data.from_id, summary.data.until_id)
        found = await _found(work, summary, before)
        asked = due(found, summary.time, self._interval)
        gone = before.keys() - found.keys()
        await store.save(work, found | asked, gone)
        await emit(work, self._requests(asked, summary.correlationid))
        mended = [target_id for target_id in gone if before[target_id].asked.times]
        work.after_commit(lambda: _report(asked, mended, self._metrics))

    def _requests(self, asked: Mapping[UUID, Difference], correlation_id: str) -> list[ResendRequested]:
        known = [
            KnownPace(target_id=target_id, episode=found.known.episode, revision=found.known.revision)
            for target_id, found in sorted(asked.items())
        ]
        return [
            ResendRequested(
                id=new_id(),
                source=NOTIFICATIONS_SOURCE,
                subject=TARGETS_SOURCE,
                time=self._clock.now(),
                correlationid=correlation_id,
                data=ResendFacts(addressee=TARGETS_SOURCE, targets=tuple(known[start : start + TARGETS_PER_REQUEST])),
            )
            for start in range(0, len(known), TARGETS_PER_REQUEST)
        ]


async def measure(database: Database, metrics: Metrics) -> None:
    """Set the gauge of what differs now."""
    async with database.read() as session:
        metrics.differing.labels(WHAT).set(await store.count_confirmed(session))


async def _found(
    session: ReadSession, summary: PaceSummary, before: Mapping[UUID, Difference]
) -> dict[UUID, Difference]:
    told = {each.target_id: Stage(each.episode, each.revision) for each in summary.data.lagging}
    alerts = await store.unresolved(session, summary.data.from_id, summary.data.until_id)
    known = await store.known(session, differing(told, alerts))
    return {
        target_id: seen(Difference(told.get(target_id), stage, summary.time), before.get(target_id))
        for target_id, stage in known.items()
    }


def _report(asked: Mapping[UUID, Difference], mended: Collection[UUID], metrics: Metrics) -> None:
    for target_id, found in asked.items():
        told = {"told_episode": found.told.episode, "told_revision": found.told.revision} if found.told else {}
        known = {"known_episode": found.known.episode, "known_revision": found.known.revision}
        log.warning("reconcile_differs", what=WHAT, key=str(target_id), **told, **known, asked=found.asked.times)
    for target_id in mended:
        log.info("reconcile_mended", what=WHAT, key=str(target_id))
    metrics.differences.labels(WHAT).inc(len(asked))
    metrics.mended.labels(WHAT).inc(len(mended))

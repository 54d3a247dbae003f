"""The runner that looks for changes, once for all clients of a process, and only while there are any."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final, get_args

import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.clock import Clock
from services.errors import Unavailable
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.persistence.versions import EVERYTHING, KEPT
from services.vocabulary import Scheme
from services.waiting import pause
from targets_api.domain.position import Position
from targets_api.progress.stream.queries import members_of
from targets_api.progress.stream.subscription import Subscription
from targets_api.remembering.queries import Change, State, changes_since, current_state

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
"""A unit that changes more often is sent once in that time."""
MOST_STREAMS: Final = 200
_REACH: Final = KEPT * 0.8


class StreamMetrics:
    """Streams that are open."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """None is open."""
        self.open = Gauge("drive_streams", "Open streams of server-sent events", registry=registry)
        Gauge("drive_streams_limit", "How many streams a process opens at most", registry=registry).set(MOST_STREAMS)


class Feed:
    """The subscriptions of a process. It ends with the event `stopping`: clients go on at another process."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, stopping: asyncio.Event) -> None:
        """Nobody listens."""
        self._database = database
        self._clock = clock
        self._open = metrics.own(StreamMetrics).open
        self.stopping = stopping
        self._subscriptions: set[Subscription] = set()
        self._seen: tuple[State, date] | None = None
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def subscribe(self, root: str, scheme: Scheme, resumed: Position | None) -> Subscription:
        """Listen to a unit with all below it, from that position on. Raises Unavailable where there are too many."""
        if len(self._subscriptions) >= MOST_STREAMS or self.stopping.is_set():
            raise Unavailable(f"this process has {MOST_STREAMS} streams open, or ends: open it again later", 5)
        subscription = Subscription(root, scheme)
        self._subscriptions.add(subscription)
        self._open.set(len(self._subscriptions))
        try:
            await self._look()
            await self._catch_up(subscription, resumed)
        except BaseException:
            self.leave(subscription)
            raise
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """The client listens no longer."""
        self._subscriptions.discard(subscription)
        self._open.set(len(self._subscriptions))

    async def _run(self) -> None:
        try:
            while self._subscriptions and not self.stopping.is_set():
                await pause(POLL_SECONDS, self.stopping)
                await self._look_in_time()
        finally:
            self._task = None
            for subscription in self._subscriptions:
                subscription.changed.set()

    async def _look_in_time(self) -> None:
        try:
            await self._look()
        except Unavailable:
            return  # told as an outage; what has changed meanwhile is found afterwards
        except Exception:
            log.exception("stream_not_fed")

    async def _look(self) -> None:
        async with self._looking, self._database.read() as session:
            state, today = await current_state(session), self._clock.today()
            subscriptions = list(self._subscriptions)
            changes = await self._changes(session, state, today)
            await _tell(session, subscriptions, changes)
            self._seen = state, today
            position = _position(state, today)
            for subscription in subscriptions:
                subscription.move(position)

    async def _changes(self, session: ReadSession, state: State, today: date) -> list[Change] | None:
        """Since the last look; None where that may be anything."""
        if self._seen is None:
            return []
        before, day = self._seen
        if state.at - before.at > _REACH or not _position(state, today).follows(_position(before, day)):
            return None
        return await changes_since(session, before.snapshot) if state.number != before.number else []

    async def _catch_up(self, subscription: Subscription, resumed: Position | None) -> None:
        """What has changed since the position that the client has; all where that is not known."""
        if self._seen is None:
            raise RuntimeError("nothing was looked at")
        state, today = self._seen
        now = _position(state, today)
        if resumed is None or not now.follows(resumed) or not timedelta(0) <= now.at - resumed.at <= _REACH:
            subscription.reload()
            return
        async with self._database.read() as session:
            await _tell(session, [subscription], await changes_since(session, resumed.snapshot))


def _position(state: State, today: date) -> Position:
    return Position(state.server, state.at, state.unlogged, today, state.snapshot)


async def _tell(
    session: ReadSession, subscriptions: Collection[Subscription], changes: Iterable[Change] | None
) -> None:
    """Let each know of what it listens to."""
    found = None if changes is None else list(changes)
    if found is None or any(change.kind == EVERYTHING.kind for change in found):
        for subscription in subscriptions:
            subscription.reload()
        return
    touched = _units(found)
    roots = {subscription.root for subscription in subscriptions}
    members = await members_of(session, roots, {code for code, _ in touched})
    for subscription in subscriptions:
        scheme = subscription.scheme
        subscription.touch(
            each.code for each in members if each.root == subscription.root and (each.code.upper(), scheme) in touched
        )


def _units(changes: Iterable[Change]) -> set[tuple[str, Scheme]]:
    return {
        (change.code, scheme)
        for change in changes
        if change.kind == "unit"
        for scheme in ([change.scheme] if change.scheme else get_args(Scheme))
    }

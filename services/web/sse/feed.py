"""The runner that looks for changes, once for all clients of a process, and only while there are any."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Iterable, Mapping
from datetime import timedelta
from typing import Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.errors import Unavailable
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.waiting import pause
from services.web.sse.position import Position
from services.web.sse.subscription import Subscription

log = structlog.get_logger(__name__)

W = TypeVar("W", bound=Hashable)

POLL_SECONDS: Final = 1.0
"""What changes more often is sent once in that time."""
MOST_STREAMS: Final = 200

Touched: TypeAlias = Mapping[W, Iterable[str]] | None
"""What has changed of each thing that is listened to; None where that may be anything."""


class Look(NamedTuple):
    """Where the log stands. While `version` stays the same, nothing is added to it."""

    position: Position
    version: Hashable


class Log(Protocol[W]):
    """What a feed reads. `reach`: for how long the log tells what has changed."""

    reach: timedelta

    async def look(self, session: ReadSession) -> Look:
        """Where it stands now."""

    async def touched(self, session: ReadSession, since: str, wanted: Collection[W]) -> Touched[W]:
        """What was logged since that snapshot."""


class StreamMetrics:
    """Streams that are open."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """None is open."""
        self.open = Gauge("drive_streams", "Open streams of server-sent events", registry=registry)
        Gauge("drive_streams_limit", "How many streams a process opens at most", registry=registry).set(MOST_STREAMS)


class Feed(Generic[W]):
    """The subscriptions of a process. It ends with the event `stopping`: clients go on at another process."""

    def __init__(self, database: Database, changes: Log[W], metrics: Metrics, stopping: asyncio.Event) -> None:
        """Nobody listens."""
        self._database = database
        self._log = changes
        self._open = metrics.own(StreamMetrics).open
        self.stopping = stopping
        self._subscriptions: set[Subscription[W]] = set()
        self._seen: Look | None = None
        self._looking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def subscribe(self, wanted: W, resumed: Position | None) -> Subscription[W]:
        """Listen to it, from that position on. Raises Unavailable where there are too many."""
        if len(self._subscriptions) >= MOST_STREAMS or self.stopping.is_set():
            raise Unavailable(f"this process has {MOST_STREAMS} streams open, or ends: open it again later", 5)
        subscription = Subscription(wanted)
        self._subscriptions.add(subscription)
        self._open.set(len(self._subscriptions))
        try:
            await self._catch_up(subscription, resumed, await self._look())
        except BaseException:
            self.leave(subscription)
            raise
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return subscription

    def leave(self, subscription: Subscription[W]) -> None:
        """The client listens no longer."""
        self._subscriptions.discard(subscription)
        self._open.set(len(self._subscriptions))

    async def _run(self) -> None:
        try:
            while self._subscriptions and not self.stopping.is_set():
                await pause(POLL_SECONDS, self.stopping)
                await self._look_in_time()
        finally:
            self._task = self._seen = None
            for subscription in self._subscriptions:
                subscription.changed.set()

    async def _look_in_time(self) -> None:
        try:
            await self._look()
        except Unavailable:
            return  # told as an outage; what has changed meanwhile is found afterwards
        except Exception:
            log.exception("stream_not_fed")

    async def _look(self) -> Position:
        async with self._looking, self._database.read() as session:
            now = await self._log.look(session)
            subscriptions = list(self._subscriptions)
            _tell(subscriptions, await self._touched(session, now, subscriptions))
            self._seen = now
            for subscription in subscriptions:
                subscription.move(now.position)
            return now.position

    async def _touched(self, session: ReadSession, now: Look, subscriptions: Collection[Subscription[W]]) -> Touched[W]:
        """Since the last look."""
        before = self._seen
        if before is None:
            return {}
        if not self._reaches(now.position, before.position):
            return None
        if now.version == before.version:
            return {}
        return await self._log.touched(session, before.position.snapshot, {each.wanted for each in subscriptions})

    async def _catch_up(self, subscription: Subscription[W], resumed: Position | None, now: Position) -> None:
        """What has changed since the position that the client has; all where that is not known."""
        if resumed is None or not self._reaches(now, resumed):
            subscription.reload()
            return
        async with self._database.read() as session:
            _tell([subscription], await self._log.touched(session, resumed.snapshot, {subscription.wanted}))

    def _reaches(self, now: Position, before: Position) -> bool:
        return now.follows(before) and timedelta(0) <= now.at - before.at <= self._log.reach


def _tell(subscriptions: Iterable[Subscription[W]], touched: Touched[W]) -> None:
    """Let each know of what it listens to."""
    for subscription in subscriptions:
        if touched is None:
            subscription.reload()
        else:
            subscription.touch(touched.get(subscription.wanted, ()))

"""The loop that sends: claims what is due, hands it to its channel, writes down what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TypeAlias

import structlog

from notifications.deliveries.store import Capacity
from notifications.deliveries.usecases import claim, record_outcome
from notifications.domain.delivery import Channel, Outcome, name_of, of_interruption
from notifications.messages.outgoing_message import OutgoingMessage
from services.clock import Clock
from services.errors import Unavailable
from services.persistence.database import Database

log = structlog.get_logger(__name__)

Send: TypeAlias = Callable[[OutgoingMessage], Awaitable[Outcome]]
OpenChannels: TypeAlias = Callable[[], AbstractAsyncContextManager[Mapping[Channel, Send]]]

AT_ONCE = 20
AT_ONCE_PER_ROUTE = 4
"""So that a slow receiver with a full queue leaves capacity for all others."""
POLL_SECONDS = 0.5
AWAY_PAUSE_SECONDS = 0.5


class Sender:
    """Any number may run, in any number of processes: what one has claimed, the others leave alone."""

    def __init__(self, database: Database, clock: Clock, open_channels: OpenChannels) -> None:
        self._database = database
        self._clock = clock
        self._open_channels = open_channels
        self._bell = asyncio.Event()
        self._stopping = False
        self._in_hand: dict[asyncio.Task[None], OutgoingMessage] = {}

    def wake(self) -> None:
        """Something may be due: look at once."""
        self._bell.set()

    def stop(self) -> None:
        """Finish what is in hand, claim no more, then return from `run`."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the database is away."""
        async with self._open_channels() as channels:
            try:
                while not self._stopping:
                    self._bell.clear()
                    if not await self._take_on(channels):
                        await self._rest()
            finally:
                await self._finish()

    async def send_due(self) -> int:
        """Send everything that is due now, and return how many attempts that took."""
        sent = 0
        async with self._open_channels() as channels:
            while taken := await self._take_on(channels):
                await self._finish()
                sent += taken
        return sent

    async def _take_on(self, channels: Mapping[Channel, Send]) -> int:
        """Start sending what there is capacity for; how many that were."""
        slots = AT_ONCE - len(self._in_hand)
        if not slots:
            return 0
        held = Counter(message.route_name for message in self._in_hand.values())
        messages = await claim(self._database, Capacity(slots, AT_ONCE_PER_ROUTE, held), self._clock.now())
        for message in messages:
            task = asyncio.create_task(self.deliver(message, channels[message.channel]))
            self._in_hand[task] = message
            task.add_done_callback(self._put_down)
        return len(messages)

    def _put_down(self, task: asyncio.Task[None]) -> None:
        del self._in_hand[task]
        self.wake()

    async def _finish(self) -> None:
        while self._in_hand:
            await asyncio.wait(self._in_hand)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._bell.wait()
        except TimeoutError:
            return

    async def deliver(self, message: OutgoingMessage, send: Send) -> None:
        """Send a claimed delivery and write down what came of it, unless its lease is over."""
        lost_at = message.leased_until
        if self._clock.now() >= lost_at:
            return  # this process stood still, and others may have sent something newer by now
        outcome = await _attempt(message, send)
        log.info("delivery_tried", delivery=str(message.id), route=message.route_name, outcome=name_of(outcome))
        await self._record(message, outcome, lost_at)

    async def _record(self, message: OutgoingMessage, outcome: Outcome, lost_at: datetime) -> None:
        """While the database is away, keep what is known, until the lease is over and others have drawn conclusions."""
        while True:
            try:
                return await record_outcome(self._database, message, outcome, self._clock.now())
            except Unavailable as error:
                if self._stopping or self._clock.now() > lost_at:
                    log.error("outcome_not_recorded", delivery=str(message.id), reason=error.detail)
                    return None
                await asyncio.sleep(AWAY_PAUSE_SECONDS)


async def _attempt(message: OutgoingMessage, send: Send) -> Outcome:
    try:
        return await send(message)
    except Exception:
        log.exception("delivery_broke", delivery=str(message.id), channel=message.channel)
        return of_interruption(message.channel)

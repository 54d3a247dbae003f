"""Tries the dead letters that are due again, each in a unit of work of its own."""

from __future__ import annotations

import asyncio

import structlog

from services.clock import Clock
from services.errors import Unavailable
from services.messaging import dead_letters
from services.messaging.broker import Broker, EventMessage, ReceivedMessage
from services.messaging.codec import Broken, decode, items_of
from services.messaging.consumer import Consumer
from services.messaging.dead_letters import MOST_UNFINISHED, DueDeadLetter
from services.persistence.database import Database
from services.persistence.driver_errors import TookTooLong
from services.waiting import pause

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5


class Retries:
    """The retry loop of one consumer, with its handlers and its database."""

    def __init__(self, consumer: Consumer, *, database: Database, broker: Broker, clock: Clock) -> None:
        self._consumer = consumer
        self._database = database
        self._broker = broker
        self._clock = clock
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the dead letter in progress, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where a temporary condition prevents handling."""
        while not self._stopping.is_set():
            if not await self.retry_one():
                await pause(POLL_SECONDS, self._stopping)

    async def collect(self) -> None:
        """Move the broker's dead messages into the table of dead letters, where they can be listed and replayed."""
        if moved := await self._broker.take_dead(self._consumer.queue, self._keep_dead):
            log.error("dead_messages_collected", queue=self._consumer.queue, count=moved)

    async def _keep_dead(self, message: EventMessage, reason: str) -> None:
        async with self._database.write() as work:
            await dead_letters.keep_dead_message(work, message, reason, self._clock.now())

    async def retry_one(self) -> bool:
        """Try the dead letter that is due first; False where there is none.

        The beginning of the attempt is committed first: so a dead letter that crashes its process does not do so for
        ever.
        """
        async with self._database.write() as work:
            dead_letter = await dead_letters.begin_next(work, self._clock.now())
        if dead_letter is None:
            return False
        message = _message_of(dead_letter)
        if dead_letter.unfinished >= MOST_UNFINISHED:
            await self._give_up(dead_letter, f"{dead_letter.unfinished} attempts in a row ended with their process")
        elif not (dead_letter.unfinished and await self._apart(dead_letter, message)):
            await self._try(dead_letter, message)
        return True

    async def _try(self, dead_letter: DueDeadLetter, message: EventMessage) -> None:
        events, broken = decode([ReceivedMessage(message, 0, 0)], self._consumer.known)
        if broken and not events:
            return await self._give_up(dead_letter, broken[0].error)
        try:
            async with self._database.write() as work:
                await dead_letters.remove(work, dead_letter.id)
                await dead_letters.keep(work, self._clock.now(), broken=broken)
                await self._consumer.handle(work, events)
        except TookTooLong as error:
            await self._note_failure(dead_letter, message, error)
        except Unavailable:
            async with self._database.write() as work:
                await dead_letters.undo_begin(work, dead_letter, self._clock.now())
            raise
        except Exception as error:  # noqa: BLE001 - handling may fail in any way; then it is postponed
            await self._note_failure(dead_letter, message, error)

    async def _note_failure(self, dead_letter: DueDeadLetter, message: EventMessage, error: Exception) -> None:
        which = {"id": str(dead_letter.id), "type": dead_letter.type, "attempt": dead_letter.attempts + 1}
        log.error("dead_letter_failed", **which, exc_info=error)
        if not await self._apart(dead_letter, message):
            async with self._database.write() as work:
                await dead_letters.postpone(work, dead_letter, error, self._clock.now())

    async def _apart(self, dead_letter: DueDeadLetter, message: EventMessage) -> bool:
        """Whether it is a batch, which is then tried event by event."""
        items = items_of(message)
        if len(items) < 2:
            return False
        bodies = [item.body if isinstance(item, Broken) else item for item in items]
        async with self._database.write() as work:
            await dead_letters.keep_apart(work, dead_letter, bodies, self._clock.now())
        return True

    async def _give_up(self, dead_letter: DueDeadLetter, reason: str) -> None:
        log.error("dead_letter_given_up", id=str(dead_letter.id), type=dead_letter.type, reason=reason)
        async with self._database.write() as work:
            await dead_letters.give_up(work, dead_letter, reason)


def _message_of(dead_letter: DueDeadLetter) -> EventMessage:
    """The dead letter as a batch: a single event is a batch of one."""
    body = dead_letter.raw if dead_letter.raw.lstrip().startswith(b"[") else b"[" + dead_letter.raw + b"]"
    return EventMessage(str(dead_letter.id), dead_letter.type, body)

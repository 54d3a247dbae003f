"""Tries the dead letters again whose time has come, each in a unit of work of its own."""

from __future__ import annotations

import asyncio

import structlog

from services.clock import Clock
from services.errors import Unavailable
from services.messaging import dead_letters
from services.messaging.broker import Broker, EventMessage, ReceivedMessage
from services.messaging.codec import Broken, decode, items_of
from services.messaging.consumer import Consumer
from services.messaging.dead_letters import MOST_UNFINISHED, DueLetter
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
        """Finish the letter in hand, then return from `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the moment does not let a letter be handled."""
        while not self._stopping.is_set():
            if not await self.retry_one():
                await pause(POLL_SECONDS, self._stopping)

    async def collect(self) -> None:
        """Move what the broker has given up on into the dead letters, where it is seen and can be replayed."""
        if moved := await self._broker.take_dead(self._consumer.queue, self._keep_dead):
            log.error("dead_messages_collected", queue=self._consumer.queue, count=moved)

    async def _keep_dead(self, message: EventMessage, reason: str) -> None:
        async with self._database.write() as work:
            await dead_letters.keep_dead_message(work, message, reason, self._clock.now())

    async def retry_one(self) -> bool:
        """Try the letter whose turn it is; False where there is none.

        That the attempt begins is committed before it does: a letter that ends its process cannot do so for ever.
        """
        async with self._database.write() as work:
            letter = await dead_letters.begin_next(work, self._clock.now())
        if letter is None:
            return False
        message = _message_of(letter)
        if letter.unfinished >= MOST_UNFINISHED:
            await self._give_up(letter, f"{letter.unfinished} attempts in a row ended with their process")
        elif not (letter.unfinished and await self._apart(letter, message)):
            await self._try(letter, message)
        return True

    async def _try(self, letter: DueLetter, message: EventMessage) -> None:
        events, broken = decode([ReceivedMessage(message, 0, 0)], self._consumer.handlers.keys())
        if broken and not events:
            return await self._give_up(letter, broken[0].error)
        try:
            async with self._database.write() as work:
                await dead_letters.remove(work, letter.id)
                await dead_letters.keep_broken(work, broken, self._clock.now())
                await self._consumer.handle(work, events)
        except TookTooLong as error:
            await self._note_failure(letter, message, error)
        except Unavailable:
            async with self._database.write() as work:
                await dead_letters.undo_begin(work, letter, self._clock.now())
            raise
        except Exception as error:  # noqa: BLE001 - a letter may fail in any way, and is then postponed
            await self._note_failure(letter, message, error)

    async def _note_failure(self, letter: DueLetter, message: EventMessage, error: Exception) -> None:
        log.error("letter_failed", id=str(letter.id), type=letter.type, exc_info=error)
        if not await self._apart(letter, message):
            async with self._database.write() as work:
                await dead_letters.postpone(work, letter, error, self._clock.now())

    async def _apart(self, letter: DueLetter, message: EventMessage) -> bool:
        """Whether it is a batch, which is then tried event by event."""
        items = items_of(message)
        if len(items) < 2:
            return False
        bodies = [item.body if isinstance(item, Broken) else item for item in items]
        async with self._database.write() as work:
            await dead_letters.keep_apart(work, letter, bodies, self._clock.now())
        return True

    async def _give_up(self, letter: DueLetter, reason: str) -> None:
        log.error("letter_is_dead", id=str(letter.id), type=letter.type, reason=reason)
        async with self._database.write() as work:
            await dead_letters.give_up(work, letter, reason)


def _message_of(letter: DueLetter) -> EventMessage:
    """The letter as a batch: a single event is a batch of one."""
    body = letter.raw if letter.raw.lstrip().startswith(b"[") else b"[" + letter.raw + b"]"
    return EventMessage(str(letter.id), letter.type, body)

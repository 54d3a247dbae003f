"""The relay: takes events from the outbox to the broker, and keeps each row until the broker has confirmed it.

It claims rows by deleting them, publishes them, and commits: a database that refuses the write (read-only, no rights,
disk full) refuses it before anything is published, and a relay that ends before the commit leaves them as they were.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ids import new_id
from services.messaging.broker import Broker, BrokerUnavailable, EventMessage
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.driver_errors import unavailable_when_away
from services.persistence.locks import RELAY
from services.persistence.statements import Query
from services.waiting import Stopped, pause, until_stopped

EVENTS_PER_MESSAGE = 200
"""One confirm then pays for 200 events; larger messages gain little and make redelivery expensive."""
MESSAGES_PER_ROUND = 10
POLL_SECONDS = 0.025
"""How long an event of another process may wait before it is read; commits of this process wake the relay at once."""
STAND_BY_SECONDS = 1.0
LAST_ROUND_SECONDS = 2.0
"""How long the round in progress may take once `stop` was called: the consumers may be stopping, too."""
SILENCE_SECONDS = 20
"""A relay that sends nothing to its database for so long is suspended: PostgreSQL ends its session, and its lock.
It is more than a broker may take to confirm."""
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_LIMITS = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :seconds, false),"
    " set_config('idle_session_timeout', :seconds, false)"
)


class OutboxRow(NamedTuple):
    """An event that waits for the broker."""

    seq: int
    type: str
    body: str


CLAIM: Final = Query(
    OutboxRow,
    text(
        "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT :limit) RETURNING seq, type, body"
    ),
)


class Relay:
    """Publishes one service's outbox. Any number may run: the one that holds the lock works, the others stand by."""

    def __init__(self, database: Database, broker: Broker, metrics: Metrics) -> None:
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the round in progress, then return from `run`."""
        self._stopping.set()
        self._database.committed_events.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the database or the broker is away."""
        async with self._as_the_only_one() as connection:
            while not self._stopping.is_set():
                self._database.committed_events.clear()
                if not await self._relay_some(connection):
                    await self._wait_for_events()

    @asynccontextmanager
    async def _as_the_only_one(self) -> AsyncIterator[AsyncConnection]:
        with unavailable_when_away(self._database.server, self._database.outage):
            async with self._database.engine.connect() as connection:
                try:
                    await self._wait_for_lock(connection)
                    yield connection
                finally:
                    # The lock belongs to the connection: only closing that releases it in every case.
                    await asyncio.shield(connection.invalidate())

    async def _wait_for_lock(self, connection: AsyncConnection) -> None:
        # PostgreSQL does not notify this process when another releases the lock: it has to be polled.
        async with connection.begin():
            await connection.execute(_LIMITS, {"seconds": f"{SILENCE_SECONDS}s"})
        while not self._stopping.is_set() and not await _try_lock(connection):
            await pause(STAND_BY_SECONDS, self._stopping)

    async def _relay_some(self, connection: AsyncConnection) -> int:
        async with connection.begin():
            claimed = await connection.execute(CLAIM.statement, {"limit": EVENTS_PER_MESSAGE * MESSAGES_PER_ROUND})
            rows = sorted(CLAIM.read(row) for row in claimed)
            if rows:
                await self._publish(_messages(rows))
        self._metrics.relayed.inc(len(rows))
        return len(rows)

    async def _publish(self, messages: Sequence[EventMessage]) -> None:
        try:
            await until_stopped(self._broker.publish(messages), self._stopping, grace=LAST_ROUND_SECONDS)
        except Stopped:
            raise BrokerUnavailable("the broker did not confirm before the relay had to stop") from None

    async def _wait_for_events(self) -> None:
        await pause(POLL_SECONDS, self._database.committed_events)


async def _try_lock(connection: AsyncConnection) -> bool:
    async with connection.begin():
        return bool((await connection.execute(_TRY_LOCK, {"key": RELAY.key})).scalar_one())


def _messages(rows: Sequence[OutboxRow]) -> list[EventMessage]:
    """Runs of one type, in the order of the outbox, cut into batches."""
    messages = []
    for event_type, run in groupby(rows, key=lambda row: row.type):
        bodies = [row.body for row in run]
        for start in range(0, len(bodies), EVENTS_PER_MESSAGE):
            batch = ",".join(bodies[start : start + EVENTS_PER_MESSAGE])
            messages.append(EventMessage(str(new_id()), event_type, f"[{batch}]".encode()))
    return messages

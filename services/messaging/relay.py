"""The relay: takes events from the outbox to the broker, and keeps each row until the broker has confirmed it.

It claims rows by deleting them, publishes them, and commits: a database that refuses the write (read-only, no rights,
disk full) refuses it before anything is published, and a relay that dies before the commit leaves them as they were.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ids import new_id
from services.messaging.broker import Broker, BrokerUnavailable, EventMessage
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.driver_errors import unavailable_when_away
from services.waiting import pause

EVENTS_PER_MESSAGE = 200
"""One confirm then pays for 200 events; larger messages gain little and make redelivery dear."""
MESSAGES_PER_ROUND = 10
POLL_SECONDS = 0.025
"""How long an event of another process may lie before it is seen; commits of this process wake the relay at once."""
STAND_BY_SECONDS = 1.0
LAST_ROUND_SECONDS = 2.0
"""How long a round in hand may take once the relay was told to stop: the readers may be stopping, too."""
SILENCE_SECONDS = 20
"""A relay that says nothing to its database for so long is frozen: PostgreSQL ends its session, and with it its lock.
It is more than a broker may take to confirm."""
_LOCK = 0x64726976  # "driv": one relay per database, so that the order of the outbox is the order on the wire

_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_LIMITS = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :seconds, false),"
    " set_config('idle_session_timeout', :seconds, false)"
)
_CLAIM = text(
    "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT :limit) RETURNING seq, type, body"
)


class Relay:
    """Publishes one service's outbox. Any number may run: the one that holds the lock works, the others stand by."""

    def __init__(self, database: Database, broker: Broker, metrics: Metrics) -> None:
        self._database = database
        self._broker = broker
        self._metrics = metrics
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish the round in hand, then return from `run`."""
        self._stopping.set()
        self._database.committed_events.set()

    async def run(self) -> None:
        """Work until stopped. Raises Unavailable where the database or the broker is away."""
        async with self._as_the_only_one() as connection:
            while not self._stopping.is_set():
                self._database.committed_events.clear()
                if not await self._relay_some(connection):
                    await self._more()

    @asynccontextmanager
    async def _as_the_only_one(self) -> AsyncIterator[AsyncConnection]:
        with unavailable_when_away():
            async with self._database.engine.connect() as connection:
                try:
                    await self._win_the_lock(connection)
                    yield connection
                finally:
                    # The lock belongs to the connection: closing it for good is the one sure way to let go.
                    await asyncio.shield(connection.invalidate())

    async def _win_the_lock(self, connection: AsyncConnection) -> None:
        # Nobody in this process learns when another lets go: asking again is all there is.
        async with connection.begin():
            await connection.execute(_LIMITS, {"seconds": f"{SILENCE_SECONDS}s"})
        while not self._stopping.is_set() and not await _try_lock(connection):
            await pause(STAND_BY_SECONDS, self._stopping)

    async def _relay_some(self, connection: AsyncConnection) -> int:
        async with connection.begin():
            claimed = await connection.execute(_CLAIM, {"limit": EVENTS_PER_MESSAGE * MESSAGES_PER_ROUND})
            rows = sorted(claimed.all())
            if rows:
                await self._publish(_messages(rows))
        self._metrics.relayed.inc(len(rows))
        return len(rows)

    async def _publish(self, messages: Sequence[EventMessage]) -> None:
        publishing = asyncio.ensure_future(self._broker.publish(messages))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({publishing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                await asyncio.wait({publishing}, timeout=LAST_ROUND_SECONDS)
            if not publishing.done():
                raise BrokerUnavailable("the broker did not confirm before the relay had to stop")
            publishing.result()
        finally:
            stopping.cancel()
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)

    async def _more(self) -> None:
        await pause(POLL_SECONDS, self._database.committed_events)


async def _try_lock(connection: AsyncConnection) -> bool:
    async with connection.begin():
        return bool((await connection.execute(_TRY_LOCK, {"key": _LOCK})).scalar_one())


def _messages(rows: Sequence[Row[Any]]) -> list[EventMessage]:
    """Runs of one type, in the order of the outbox, cut into batches."""
    messages = []
    for event_type, run in groupby(rows, key=lambda row: row.type):
        bodies = [row.body for row in run]
        for start in range(0, len(bodies), EVENTS_PER_MESSAGE):
            batch = ",".join(bodies[start : start + EVENTS_PER_MESSAGE])
            messages.append(EventMessage(str(new_id()), event_type, f"[{batch}]".encode()))
    return messages

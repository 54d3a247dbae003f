"""Steps of the tests of the consumer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, text

from services.messaging.broker import Broker, EventMessage
from services.messaging.consumer import Handlers
from services.persistence.database import Database
from tests.support.brokers import TARGETS, Watched
from tests.support.clock import SettableClock
from tests.support.effects import Effects
from tests.support.waiting import running, soon, unless_failed


async def consume_all(
    effects: Effects,
    broker: Broker,
    clock: SettableClock,
    messages: Sequence[EventMessage],
    handlers: Handlers | None = None,
) -> None:
    """Publish, and let a consumer work until all is acknowledged. Raises at once what either of them raises."""
    watched = Watched(broker)
    consumer = effects.consumer(TARGETS, watched, clock, handlers)
    async with running(watched.publish(messages)) as publishing, running(consumer.run()) as work:
        await unless_failed(watched.acknowledged(len(messages)), publishing, work)
        consumer.stop()
        await soon(work)


async def kept(database: Database) -> Sequence[Row[tuple[str, str, str, int]]]:
    """The rows of `dead_letters`."""
    async with database.read() as session:
        return (await session.execute(text("SELECT * FROM dead_letters ORDER BY id"))).all()

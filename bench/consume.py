"""Events from RabbitMQ to progress, against aio-pika that only consumes and acknowledges the same messages."""

from __future__ import annotations

import asyncio
import json
import time

import aio_pika
import asyncpg
from aio_pika.abc import AbstractIncomingMessage

from bench.measure import Pair
from bench.world import World
from services.contracts.subscriptions import EXCHANGE
from services.messaging.rabbitmq import PREFETCH

TWIN = "drive.bench.twin"
RECORDED = "drive.enrolment.recorded.v1"


async def open_twin(world: World) -> None:
    """A queue that gets what the targets queue gets, for the yardstick to read."""
    connection = await aio_pika.connect(world.environment["AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(TWIN, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, RECORDED)


async def consume(world: World) -> Pair:
    """Drain what was queued while the targets worker was stopped: first the product, then the yardstick."""
    pair = Pair("events from RabbitMQ to progress", "events", "aio-pika, consume and acknowledge only", 0.4)
    waiting = await _waiting(world)
    pair.product.append(waiting / await _drain_by_worker(world, waiting))
    pair.reference.append(await _drain_twin(world))
    return pair


async def _waiting(world: World) -> int:
    """Events sent and not yet in the ledger, once the outbox is empty."""
    enrolment = await asyncpg.connect(world.dsn("drive_enrolment"))
    try:
        while await enrolment.fetchval("SELECT count(*) FROM outbox"):  # noqa: ASYNC110 - another process empties it
            await asyncio.sleep(0.2)
        return int(await enrolment.fetchval("SELECT count(*) FROM enrolments")) - await _counted(world)
    finally:
        await enrolment.close()


async def _counted(world: World) -> int:
    targets = await asyncpg.connect(world.dsn("drive_targets"))
    try:
        return int(await targets.fetchval("SELECT count(*) FROM ledger"))
    finally:
        await targets.close()


async def _drain_by_worker(world: World, waiting: int) -> float:
    before = await _counted(world)
    targets = await asyncpg.connect(world.dsn("drive_targets"))
    try:
        async with world.process("worker", "targets"):
            started = 0.0
            while (counted := await targets.fetchval("SELECT sum(n) FROM tallies") or 0) < before + waiting:
                if not started and counted > before:
                    # The clock starts with the first batch that is visible; that batch is then not counted.
                    started, waiting_from = time.perf_counter(), int(counted)
                await asyncio.sleep(0.02)
            elapsed = time.perf_counter() - started
        return elapsed * waiting / (before + waiting - waiting_from)
    finally:
        await targets.close()


async def _drain_twin(world: World) -> float:
    """Events a second, from the first message to the last."""
    connection = await aio_pika.connect(world.environment["AMQP_URL"])
    async with connection:
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.declare_queue(TWIN, passive=True)
        left = queue.declaration_result.message_count or 0
        bodies: list[bytes] = []
        done = asyncio.Event()

        async def take(message: AbstractIncomingMessage) -> None:
            bodies.append(message.body)
            await message.ack()
            if len(bodies) >= left:
                done.set()

        started = time.perf_counter()
        await queue.consume(take)
        await done.wait()
        elapsed = time.perf_counter() - started
        await queue.delete(if_unused=False, if_empty=False)
    return sum(len(json.loads(body)) for body in bodies) / elapsed

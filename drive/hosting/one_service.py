"""One process of one service: its API, or its worker with a small server that tells its health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from sqlalchemy.engine import URL

from drive.hosting.embedded import embedded_postgres
from drive.hosting.services import PORT_SETTINGS, WORKER_PORT_SETTINGS, create_app, create_worker
from drive.hosting.serving import serving, until_asked_to_stop
from services.clock import SystemClock
from services.contracts.subscriptions import SUBSCRIPTIONS
from services.messaging.broker import Broker
from services.messaging.in_process import InProcessBroker
from services.runtime import open_runtime
from services.settings import SERVICES, ServiceName, Settings, database_name
from services.web.app import build_app
from services.worker import Worker


@contextmanager
def databases(settings: Settings) -> Iterator[dict[ServiceName, URL]]:
    """Where each service's database is: on the servers that the settings name, or on the embedded one."""
    urls = {service: settings.database_url_of(service) for service in SERVICES}
    with ExitStack() as stack:
        if None in urls.values():
            embedded = stack.enter_context(embedded_postgres(settings.data_dir))
            urls = {s: url or embedded.set(database=database_name(s)) for s, url in urls.items()}
        yield {service: url for service, url in urls.items() if url}


@asynccontextmanager
async def broker_of(settings: Settings) -> AsyncIterator[Broker]:
    """RabbitMQ where AMQP_URL says so, else events travel inside the process."""
    broker = _rabbitmq(settings.amqp_url) if settings.amqp_url else InProcessBroker(SUBSCRIPTIONS)
    try:
        yield broker
    finally:
        await broker.close()


def _rabbitmq(url: str) -> Broker:
    from services.messaging.rabbitmq import RabbitBroker  # noqa: PLC0415 - an API never loads it

    return RabbitBroker(url, SUBSCRIPTIONS)


async def serve(service: ServiceName, settings: Settings, database_url: URL) -> None:
    """Answer the service's HTTP API until asked to stop."""
    async with open_runtime(service, settings, SystemClock(settings.today), database_url) as runtime:
        app = create_app(runtime)
        async with serving(app, settings.host, settings.api_port(service), setting=PORT_SETTINGS[service]):
            await until_asked_to_stop()


async def work(service: ServiceName, settings: Settings, database_url: URL) -> None:
    """Run the service's loops until asked to stop; health is told on the worker's port."""
    async with (
        open_runtime(service, settings, SystemClock(settings.today), database_url) as runtime,
        broker_of(settings) as broker,
    ):
        worker = create_worker(runtime, broker)
        health = build_app(runtime, title=f"{service} worker")
        port, setting = settings.worker_port(service), WORKER_PORT_SETTINGS[service]
        async with serving(health, settings.host, port, setting=setting), running(worker):
            await until_asked_to_stop()


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """Keep the worker running while the block runs; on leaving, let it finish what it has in hand."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task

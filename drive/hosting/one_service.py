"""One process of one service: its API, or its worker with a small server that reports its health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import TypeVar

from fastapi import FastAPI
from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.embedded.server import embedded_postgres
from drive.hosting.lifetime import logged_lifetime
from drive.hosting.process_memory import prepare_process
from drive.hosting.services import SERVICES, ServiceName, create_app, create_worker, schema_of
from drive.hosting.serving import serving
from drive.hosting.signals import until_asked_to_stop
from services.clock import SystemClock
from services.contracts.subscriptions import BINDINGS
from services.messaging.broker import Broker
from services.messaging.in_process import InProcessBroker
from services.runtime import open_runtime
from services.settings import Settings
from services.web.app import build_app
from services.web.health import outcomes_of
from services.worker import Worker

T = TypeVar("T")


@contextmanager
def databases(configuration: Configuration, *, make: bool = True) -> Iterator[dict[ServiceName, URL]]:
    """Where each service's database is: on the servers that the settings name, or on the embedded one.

    Without `make` an embedded one has to be there already.
    """
    urls = {service: configuration.database(service) for service in SERVICES}
    with ExitStack() as stack:
        if None in urls.values():
            embedded = stack.enter_context(embedded_postgres(configuration.common.data_dir, make=make))
            names = {service: settings.database_name() for service, settings in configuration.services.items()}
            urls = {service: url or embedded.set(database=names[service]) for service, url in urls.items()}
        yield {service: url for service, url in urls.items() if url}


async def on_databases(
    configuration: Configuration, main: Callable[[Mapping[ServiceName, URL]], Awaitable[T]], *, make: bool = True
) -> T:
    """What `main` returns of them; an embedded server is stopped by whatever ends the coroutine."""
    with databases(configuration, make=make) as urls:
        return await main(urls)


@asynccontextmanager
async def broker_of(settings: Settings) -> AsyncIterator[Broker]:
    """RabbitMQ where AMQP_URL says so, else events travel inside the process."""
    url = settings.broker_url()
    broker = _rabbitmq(url) if url else InProcessBroker(BINDINGS)
    try:
        yield broker
    finally:
        await broker.close()


def _rabbitmq(url: str) -> Broker:
    from services.messaging.rabbitmq import RabbitBroker  # noqa: PLC0415 - an API never loads it

    return RabbitBroker(url, BINDINGS)


async def serve(service: ServiceName, configuration: Configuration, database_url: URL) -> None:
    """Answer the service's HTTP API until asked to stop."""
    settings = configuration.services[service]
    clock = SystemClock(settings.today)
    with logged_lifetime(f"{service} api", settings):
        async with (
            open_runtime(settings, schema_of(service), clock, database_url) as runtime,
            serving(_prepared(create_app(runtime)), settings, "api_port"),
        ):
            await outcomes_of(runtime)  # so that what is wrong is in the log from the start
            await until_asked_to_stop()


def _prepared(app: FastAPI) -> FastAPI:
    """With the process, which serves nothing else."""
    prepare_process()
    return app


async def work(service: ServiceName, configuration: Configuration, database_url: URL) -> None:
    """Run the service's loops until asked to stop; health is reported on the worker's port."""
    settings = configuration.services[service]
    with logged_lifetime(f"{service} worker", settings):
        async with (
            open_runtime(settings, schema_of(service), SystemClock(settings.today), database_url) as runtime,
            broker_of(settings) as broker,
        ):
            worker = create_worker(runtime, broker)
            health = build_app(runtime, title=f"{service} worker")
            async with serving(_prepared(health), settings, "worker_port"), running(worker):
                await outcomes_of(runtime)  # so that what is wrong is in the log from the start
                await until_asked_to_stop()


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """Keep the worker running while the block runs; on leaving, let it finish what it is working on."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await task

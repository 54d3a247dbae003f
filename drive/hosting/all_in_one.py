"""All three services, APIs and workers, in one process: what runs where nothing is set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.engine import URL

from drive.hosting.one_service import broker_of, running
from drive.hosting.services import PORT_SETTINGS, WORKER_PORT_SETTINGS, create_app, create_worker
from drive.hosting.serving import refuse_taken_port, serving
from migrations.upgrade import upgrade
from services.clock import Clock
from services.runtime import open_runtime
from services.settings import SERVICES, ServiceName, Settings


@asynccontextmanager
async def all_in_one(settings: Settings, clock: Clock, urls: Mapping[ServiceName, URL]) -> AsyncIterator[None]:
    """Migrate, then serve and work while the block runs.

    What is left last was entered first: when the block ends the servers finish their requests, then the workers what
    they have in hand, upstream ones first so that somebody still hears their last events, then the connections close.
    """
    for service in SERVICES:
        await upgrade(service, urls[service])
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(broker_of(settings))
        runtimes = [
            await stack.enter_async_context(open_runtime(service, settings, clock, urls[service]))
            for service in SERVICES
        ]
        for runtime in reversed(runtimes):
            await stack.enter_async_context(running(create_worker(runtime, broker)))
        for runtime in runtimes:
            service = runtime.service
            server = serving(
                create_app(runtime), settings.host, settings.api_port(service), setting=PORT_SETTINGS[service]
            )
            await stack.enter_async_context(server)
        yield


def refuse_taken_ports(settings: Settings, *, workers: bool = False) -> None:
    """Raises OSError where one is taken, such as by another run, whose databases must not be touched."""
    for service in SERVICES:
        refuse_taken_port(settings.host, settings.api_port(service), PORT_SETTINGS[service])
        if workers:
            refuse_taken_port(settings.host, settings.worker_port(service), WORKER_PORT_SETTINGS[service])


def addresses(settings: Settings) -> dict[ServiceName, str]:
    """The URL of each service's API."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {service: f"http://{host}:{settings.api_port(service)}" for service in SERVICES}

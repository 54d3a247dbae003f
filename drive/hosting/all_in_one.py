"""All three services, APIs and workers, in one process: what runs where nothing is set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.migrating import migrated
from drive.hosting.one_service import broker_of, running
from drive.hosting.process_memory import prepare_process
from drive.hosting.services import ServiceName, create_app, create_worker, schema_of
from drive.hosting.serving import refuse_taken_port, serving
from services.clock import Clock
from services.runtime import AnyRuntime, open_runtime
from services.web.health import outcomes_of


@asynccontextmanager
async def all_in_one(
    configuration: Configuration, clock: Clock, urls: Mapping[ServiceName, URL]
) -> AsyncIterator[list[AnyRuntime]]:
    """Migrate, then serve and work while the block runs; a server that is away is waited for meanwhile.

    What was entered first is left last: when the block ends the servers finish their requests, then the workers what
    they are working on, upstream ones first so that their last events are still consumed, then the connections close.
    """
    async with migrated(configuration, urls), AsyncExitStack() as stack:
        broker = await stack.enter_async_context(broker_of(configuration.common))
        runtimes = [
            await stack.enter_async_context(open_runtime(settings, schema_of(service), clock, urls[service]))
            for service, settings in configuration.services.items()
        ]
        for runtime in reversed(runtimes):
            await stack.enter_async_context(running(create_worker(runtime, broker)))
        apps = [create_app(runtime) for runtime in runtimes]
        prepare_process()
        for app, runtime in zip(apps, runtimes, strict=True):
            server = serving(app, runtime.settings, "api_port", servers=len(apps))
            await stack.enter_async_context(server)
            await outcomes_of(runtime)  # so that what is wrong is in the log from the start
        yield runtimes


def refuse_taken_ports(configuration: Configuration, *, workers: bool = False) -> None:
    """Raises OSError where one is taken, such as by another run, whose databases must not be touched."""
    for settings in configuration.services.values():
        refuse_taken_port(settings, "api_port")
        if workers:
            refuse_taken_port(settings, "worker_port")

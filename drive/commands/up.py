"""`drive up`: the three services, until asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from drive.hosting.all_in_one import all_in_one, refuse_taken_ports
from drive.hosting.configuration import Configuration
from drive.hosting.lifetime import logged_lifetime
from drive.hosting.migrating import migrated
from drive.hosting.one_service import databases
from drive.hosting.processes import six_processes
from drive.hosting.signals import until_asked_to_stop
from services.clock import SystemClock
from services.runtime import AnyRuntime
from services.waiting import poll
from services.web.health import outcomes_of


async def up_in_one(configuration: Configuration) -> None:
    """All in this process."""
    refuse_taken_ports(configuration)
    with logged_lifetime("all in one", *configuration.services.values()), databases(configuration) as urls:
        async with all_in_one(configuration, SystemClock(configuration.common.today), urls) as runtimes:
            await _serve(configuration, lambda: _are_ready(runtimes))


async def up_in_six(configuration: Configuration) -> None:
    """Each API and each worker in a process of its own."""
    refuse_taken_ports(configuration, workers=True)
    with logged_lifetime("supervisor of six", configuration.common), databases(configuration) as urls:
        async with migrated(configuration, urls), six_processes(configuration, wait=False) as processes:
            await _serve(configuration, processes.are_ready)


async def _serve(configuration: Configuration, are_ready: Callable[[], Awaitable[bool]]) -> None:
    """Say where the services are, and `ready` once they are; return when asked to stop."""
    _print_addresses(configuration)
    saying = asyncio.create_task(_say_ready(are_ready))
    try:
        await until_asked_to_stop()
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)


async def _say_ready(are_ready: Callable[[], Awaitable[bool]]) -> None:
    await poll(are_ready, bool, every=0.5)
    print("ready", flush=True)


async def _are_ready(runtimes: Sequence[AnyRuntime]) -> bool:
    outcomes = await asyncio.gather(*map(outcomes_of, runtimes))
    return all(outcome.result == "ok" for each in outcomes for outcome in each.values())


def announce(configuration: Configuration) -> None:
    """Say where the services are, and that they are ready."""
    _print_addresses(configuration)
    print("ready", flush=True)


def _print_addresses(configuration: Configuration) -> None:
    for service, url in configuration.addresses().items():
        print(f"{service:14}{url}/docs", flush=True)

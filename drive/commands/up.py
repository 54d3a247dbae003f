"""`drive up`: the three services, until asked to stop."""

from __future__ import annotations

from drive.hosting.all_in_one import addresses, all_in_one, refuse_taken_ports
from drive.hosting.one_service import databases
from drive.hosting.processes import six_processes
from drive.hosting.serving import until_asked_to_stop
from migrations.upgrade import upgrade
from services.clock import SystemClock
from services.settings import SERVICES, Settings


async def up_in_one(settings: Settings) -> None:
    """All in this process."""
    refuse_taken_ports(settings)
    with databases(settings) as urls:
        async with all_in_one(settings, SystemClock(settings.today), urls):
            announce(settings)
            await until_asked_to_stop()


async def up_in_six(settings: Settings) -> None:
    """Each API and each worker in a process of its own."""
    refuse_taken_ports(settings, workers=True)
    with databases(settings) as urls:
        for service in SERVICES:
            await upgrade(service, urls[service])
    async with six_processes(settings):
        announce(settings)
        await until_asked_to_stop()


def announce(settings: Settings) -> None:
    """Say where the services are, and that they are ready."""
    for service, url in addresses(settings).items():
        print(f"{service:14}{url}/docs")
    print("ready", flush=True)

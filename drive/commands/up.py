"""`drive up`: the three services, until asked to stop."""

from __future__ import annotations

from drive.hosting.all_in_one import all_in_one, refuse_taken_ports
from drive.hosting.configuration import Configuration
from drive.hosting.one_service import databases
from drive.hosting.processes import six_processes
from drive.hosting.serving import until_asked_to_stop
from migrations.upgrade import upgrade
from services.clock import SystemClock


async def up_in_one(configuration: Configuration) -> None:
    """All in this process."""
    refuse_taken_ports(configuration)
    with databases(configuration) as urls:
        async with all_in_one(configuration, SystemClock(configuration.common.today), urls):
            announce(configuration)
            await until_asked_to_stop()


async def up_in_six(configuration: Configuration) -> None:
    """Each API and each worker in a process of its own."""
    refuse_taken_ports(configuration, workers=True)
    with databases(configuration) as urls:
        for service, url in urls.items():
            await upgrade(service, url)
    async with six_processes(configuration):
        announce(configuration)
        await until_asked_to_stop()


def announce(configuration: Configuration) -> None:
    """Say where the services are, and that they are ready."""
    for service, url in configuration.addresses().items():
        print(f"{service:14}{url}/docs")
    print("ready", flush=True)

"""Six operating-system processes, three APIs and three workers: the process model of docker-compose.yml."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias

import aiohttp
import structlog

from services.settings import SERVICES, Settings

log = structlog.get_logger(__name__)

RESTART_SECONDS = 1.0
READY_SECONDS = 60.0

Verb: TypeAlias = Literal["serve", "worker"]
VERBS: tuple[Verb, ...] = ("serve", "worker")
COMMANDS = tuple((verb, service) for service in SERVICES for verb in VERBS)


class Processes:
    """Starts them, starts again what dies, and stops them all. `environment` is added to this process's own."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environment = {**os.environ, **(environment or {})}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self.running: dict[tuple[str, str], asyncio.subprocess.Process] = {}

    async def start(self) -> None:
        """Start all six; return when each says that it is ready. Raises TimeoutError where one does not."""
        self._stopping = False
        self._keepers = [asyncio.create_task(self._keep(*command)) for command in COMMANDS]
        await self.until_ready()

    async def _keep(self, verb: str, service: str) -> None:
        while not self._stopping:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "drive", verb, service, env=self._environment
            )
            self.running[verb, service] = process
            code = await process.wait()
            if not self._stopping:
                log.warning("process_ended", verb=verb, service=service, code=code)
                await asyncio.sleep(RESTART_SECONDS)

    async def until_ready(self) -> None:
        """Return when all six are ready."""
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as http:
            await asyncio.gather(*(_until_ready(http, url) for url in self.health_urls()))

    def health_urls(self) -> list[str]:
        """The readiness URL of each process."""
        ports = [self._settings.api_port(s) for s in SERVICES] + [self._settings.worker_port(s) for s in SERVICES]
        return [f"http://{self._settings.host}:{port}/health/ready" for port in ports]

    async def stop(self) -> None:
        """Ask all to finish, and wait until they have."""
        self._stopping = True
        for process in self.running.values():
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        await asyncio.gather(*self._keepers)

    async def restart(self, environment: Mapping[str, str]) -> None:
        """Stop all and start them with these variables changed."""
        await self.stop()
        self._environment.update(environment)
        await self.start()


async def _until_ready(http: aiohttp.ClientSession, url: str) -> None:
    while True:
        try:
            async with http.get(url) as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.05)


@asynccontextmanager
async def six_processes(settings: Settings, environment: Mapping[str, str] | None = None) -> AsyncIterator[Processes]:
    """The six processes while the block runs."""
    processes = Processes(settings, environment)
    try:
        await processes.start()
        yield processes
    finally:
        await processes.stop()

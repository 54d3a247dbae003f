"""Six operating-system processes, three APIs and three workers: the process model of docker-compose.yml."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias

import aiohttp
import structlog

from services.settings import SERVICES, ServiceName, Settings

log = structlog.get_logger(__name__)

RESTART_SECONDS = 1.0
READY_SECONDS = 60.0

Verb: TypeAlias = Literal["serve", "worker"]
Command: TypeAlias = tuple[Verb, ServiceName]
VERBS: tuple[Verb, ...] = ("serve", "worker")
COMMANDS: tuple[Command, ...] = tuple((verb, service) for service in SERVICES for verb in VERBS)


class Processes:
    """Starts them, starts again what dies, and stops them. `environment` is added to this process's own."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environment = {**os.environ, **(environment or {})}
        self._running: dict[Command, asyncio.subprocess.Process] = {}
        self._keepers: dict[Command, asyncio.Task[None]] = {}
        self._stopping: set[Command] = set()

    async def start(self, commands: Sequence[Command] = COMMANDS) -> None:
        """Start them; return when each says that it is ready. Raises TimeoutError where one does not."""
        self._stopping -= set(commands)
        for command in commands:
            self._keepers[command] = asyncio.create_task(self._keep(command))
        try:
            async with asyncio.timeout(READY_SECONDS):
                await asyncio.gather(*(until_ready(self._health_url(command)) for command in commands))
        except TimeoutError as error:
            raise TimeoutError(f"not every process was ready within {READY_SECONDS:.0f} s: see the log") from error

    async def _keep(self, command: Command) -> None:
        while command not in self._stopping:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "drive", *command, env=self._environment
            )
            self._running[command] = process
            if command in self._stopping:  # asked to while the process came into being
                process.terminate()
            code = await process.wait()
            if command not in self._stopping:
                log.warning("process_ended", command=command, code=code)
                await asyncio.sleep(RESTART_SECONDS)

    def _health_url(self, command: Command) -> str:
        verb, service = command
        port = self._settings.api_port(service) if verb == "serve" else self._settings.worker_port(service)
        return f"http://{self._settings.host}:{port}/health/ready"

    async def stop(self, commands: Sequence[Command] = COMMANDS) -> None:
        """Ask them to finish, and wait until they have."""
        self._stopping |= set(commands)
        for command in commands:
            if (process := self._running.get(command)) and process.returncode is None:
                process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(self._keepers.pop(command) for command in commands if command in self._keepers))

    async def restart(self, commands: Sequence[Command], environment: Mapping[str, str]) -> None:
        """Stop these and start them with some variables changed."""
        await self.stop(commands)
        self._environment.update(environment)
        await self.start(commands)


async def until_ready(url: str) -> None:
    """Return once the URL answers 200."""
    async with aiohttp.ClientSession() as http:
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

"""Processes of services, as in docker-compose.yml: for `drive up`, the benchmarks and the tests."""

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

from drive.hosting.configuration import Configuration
from drive.hosting.services import SERVICES, ServiceName
from services.waiting import poll

log = structlog.get_logger(__name__)

RESTART_SECONDS = 1.0
READY_SECONDS = 60.0

Verb: TypeAlias = Literal["serve", "worker"]
Command: TypeAlias = tuple[Verb, ServiceName]
VERBS: tuple[Verb, ...] = ("serve", "worker")
COMMANDS: tuple[Command, ...] = tuple((verb, service) for service in SERVICES for verb in VERBS)


async def start(command: Command, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """`drive VERB SERVICE`, with these variables added to those of this process."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drive", *command, env={**os.environ, **environment}
    )


def health_url(configuration: Configuration, command: Command) -> str:
    """Where the process says whether it is ready."""
    verb, service = command
    address = configuration.api_url(service) if verb == "serve" else configuration.worker_url(service)
    return f"{address}/health/ready"


async def until_ready(url: str) -> None:
    """Return once the URL answers 200. Raises TimeoutError where it does not within READY_SECONDS."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(READY_SECONDS):
        await poll(lambda: _status(http, url), lambda status: status == 200)


async def _status(http: aiohttp.ClientSession, url: str) -> int | None:
    try:
        async with http.get(url) as answer:
            return answer.status
    except aiohttp.ClientError:
        return None


class Processes:
    """Starts them, restarts those that end, and stops them. `environment` is added to this process's own."""

    def __init__(self, configuration: Configuration, environment: Mapping[str, str] | None = None) -> None:
        self._configuration = configuration
        self._environment = dict(environment or {})
        self._running: dict[Command, asyncio.subprocess.Process] = {}
        self._supervisors: dict[Command, asyncio.Task[None]] = {}
        self._stopping: set[Command] = set()

    async def start(self, commands: Sequence[Command] = COMMANDS) -> None:
        """Start them; return when each says that it is ready. Raises TimeoutError where one does not."""
        self.launch(commands)
        urls = [health_url(self._configuration, command) for command in commands]
        try:
            await asyncio.gather(*map(until_ready, urls))
        except TimeoutError as error:
            raise TimeoutError(f"not every process was ready within {READY_SECONDS:.0f} s: see the log") from error

    def launch(self, commands: Sequence[Command] = COMMANDS) -> None:
        """Start them, whenever they will be ready."""
        self._stopping -= set(commands)
        for command in commands:
            self._supervisors[command] = asyncio.create_task(self._supervise(command))

    async def are_ready(self, commands: Sequence[Command] = COMMANDS) -> bool:
        """Whether each of them says so now."""
        async with aiohttp.ClientSession() as http:
            urls = [health_url(self._configuration, command) for command in commands]
            return {*await asyncio.gather(*(_status(http, url) for url in urls))} == {200}

    async def _supervise(self, command: Command) -> None:
        while command not in self._stopping:
            process = self._running[command] = await start(command, self._environment)
            if command in self._stopping:  # asked to while the process came into being
                process.terminate()
            code = await process.wait()
            if command not in self._stopping:
                log.warning("process_ended", command=command, code=code)
                await asyncio.sleep(RESTART_SECONDS)

    async def stop(self, commands: Sequence[Command] = COMMANDS) -> None:
        """Ask them to finish, and wait until they have."""
        self._stopping |= set(commands)
        for command in commands:
            if (process := self._running.get(command)) and process.returncode is None:
                process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(self._supervisors.pop(command) for command in commands if command in self._supervisors))

    async def restart(self, commands: Sequence[Command], environment: Mapping[str, str]) -> None:
        """Stop these and start them with some variables changed."""
        await self.stop(commands)
        self._environment.update(environment)
        await self.start(commands)


@asynccontextmanager
async def six_processes(
    configuration: Configuration, environment: Mapping[str, str] | None = None, *, wait: bool = True
) -> AsyncIterator[Processes]:
    """The six processes while the block runs, which begins once they are ready, or, without `wait`, at once."""
    processes = Processes(configuration, environment)
    try:
        if wait:
            await processes.start()
        else:
            processes.launch()
        yield processes
    finally:
        await processes.stop()

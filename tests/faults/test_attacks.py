"""Who sends too much, too slowly, or hangs up: neither memory nor other clients suffer. All services in one process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest
import pytest_asyncio

from drive.hosting.connection_limits import BODY_BYTES
from drive.hosting.processes import until_ready
from tests.faults import attacks
from tests.support.forked import Forked
from tests.support.installation import Installation, environment_of
from tests.support.postgres import Databases
from tests.support.waiting import eventually

MB = 1_000_000
HELD_SECONDS = 4.0
"""How long an attack goes on that does not end by itself; no other takes as long as the next."""
SECONDS = 20.0
WAIT_SECONDS = 0.25
"""What 99 of 100 reads of others may take, on top of what they take on this machine when nobody attacks."""
PAUSE_SECONDS = 0.01
CONNECTIONS = 400


@dataclass(frozen=True)
class Seen:
    """What an attack was answered, by how often; what others waited for; the most memory that it took."""

    answers: dict[str, int]
    waited: float
    grown: int


class Attacked:
    """One process of all three services."""

    def __init__(self, installation: Installation, process: Forked, errors: Path) -> None:
        self._installation = installation
        self._token = installation.user("CT", "admin").token
        self._errors = errors
        self._ports = [url.rpartition(":")[2] for url in installation.configuration.addresses().values()]
        self._process = psutil.Process(process.pid)

    def memory(self) -> int:
        """What it has in use, in bytes."""
        return int(self._process.memory_info().rss)

    def log(self) -> list[dict[str, object]]:
        """Its lines."""
        return [json.loads(line) for line in self._errors.read_text().splitlines() if line.startswith("{")]

    async def metrics(self) -> str:
        """What the attacked service says of itself."""
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self._ports[0]}/metrics") as answer:
            return await answer.text()

    async def calm(self) -> float:
        """What others wait for when nobody attacks."""
        return await self._waited(asyncio.create_task(asyncio.sleep(1)))

    async def attack(self, name: str, how_many: int, *, token: bool) -> Seen:
        """Watch an attack on the first service until it ends."""
        before = self.memory()
        given = [self._token] if token else []
        command = [attacks.__file__, name, self._ports[0], str(how_many), *given]
        program = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
        ended = asyncio.create_task(self._end_of(program, HELD_SECONDS if name in attacks.AT_ONCE else SECONDS))
        most = asyncio.create_task(self._most_memory(ended))
        waited = await self._waited(ended)
        return Seen(await ended, waited, await most - before)

    async def _end_of(self, program: asyncio.subprocess.Process, seconds: float) -> dict[str, int]:
        try:
            async with asyncio.timeout(seconds):
                printed, _ = await program.communicate()
        except TimeoutError:
            program.terminate()
            await program.wait()
            return {}
        answers: dict[str, int] = json.loads(printed)
        return answers

    async def _most_memory(self, ended: asyncio.Task[object]) -> int:
        most = 0
        while not ended.done():
            most = max(most, self.memory())
            await asyncio.sleep(PAUSE_SECONDS)
        return most

    async def _waited(self, ended: asyncio.Task[object]) -> float:
        """What 99 of 100 reads of all services took, one after the other, until the task ended."""
        times = []
        headers = {"Authorization": f"Bearer {self._token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            while not ended.done():
                for port, path in zip(self._ports, ("enrolments", "targets", "alerts"), strict=True):
                    times.append(await self._read(http, f"http://127.0.0.1:{port}/v1/{path}?limit=1"))
                await asyncio.sleep(PAUSE_SECONDS)
        return sorted(times)[len(times) * 99 // 100 - 1]

    async def _read(self, http: aiohttp.ClientSession, url: str) -> float:
        began = time.perf_counter()
        async with http.get(url) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()
        return time.perf_counter() - began


@pytest_asyncio.fixture(scope="module")
async def attacked(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Attacked]:
    """The same process for all attacks: what one leaves behind, the next would find."""
    folder = tmp_path_factory.mktemp("attacked")
    urls = {service: await databases.create(service) for service in ("enrolment", "targets", "notifications")}
    environment = environment_of(urls["enrolment"], "", folder, DRIVE_HTTP_CONNECTIONS=str(CONNECTIONS))
    for service, url in urls.items():
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        environment[f"{service.upper()}_DATABASE_URL"] = plain
    installation = Installation(environment)
    process = Forked("up", environment={**os.environ, **environment}, output=folder)
    await process.start()
    try:
        for address in installation.configuration.addresses().values():
            await until_ready(f"{address}/health/ready")
        yield Attacked(installation, process, folder / "errors")
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        for url in urls.values():
            await databases.drop(url)


ATTACKS = [
    ("broken_off", 40, {"broken off"}),
    ("malformed", 8, {"400"}),
    ("too_large", 8, {"413"}),
    ("without_token", 40, {"401"}),
    ("one_header", 8, {"431"}),
    ("many_headers", 8, {"431"}),
    ("trailers", 8, {"431"}),
    ("chunk_extensions", 8, {"431"}),
    ("hang_up", 200, {"hung up"}),
    ("pipelined", 8, {"hung up"}),
    ("held_body", 40, set[str]()),
    ("slow_headers", 300, set[str]()),
    ("slow_body", 300, set[str]()),
]
"""By how often, and the answers that are given to all, where the attack ends by itself."""


@pytest.mark.parametrize(("name", "how_many", "expected"), ATTACKS, ids=[name for name, *_ in ATTACKS])
async def test_an_attack_costs_little_memory_and_holds_nobody_up(
    attacked: Attacked, name: str, how_many: int, expected: set[str]
) -> None:
    before, calm = attacked.memory(), await attacked.calm()
    seen = await attacked.attack(name, how_many, token=True)
    if seen.waited > calm + WAIT_SECONDS:  # it may have been somebody else on this machine
        calm, seen = await attacked.calm(), await attacked.attack(name, how_many, token=True)
    assert seen.waited < calm + WAIT_SECONDS
    assert seen.answers.keys() == expected
    assert seen.grown < 2 * BODY_BYTES

    async def has_returned() -> bool:
        return attacked.memory() < before + 100 * MB

    await eventually(has_returned, True)
    assert not [line for line in attacked.log() if line["level"] == "error"]


async def test_connections_without_a_request_make_room_for_others(attacked: Attacked) -> None:
    seen = await attacked.attack("idle", 1_400, token=False)
    assert seen.waited < WAIT_SECONDS + await attacked.calm()
    assert 'drive_http_connections_cut_total{why="full"}' in await attacked.metrics()
    full = [line["address"] for line in attacked.log() if line["event"] == "connections_full"]
    assert (len(full), set(full)) == (1, {attacks.ADDRESS})


async def test_who_hangs_up_is_counted_as_such_and_not_as_a_fault(attacked: Attacked) -> None:
    await attacked.attack("broken_off", 3, token=True)
    assert 'status="499"' in await attacked.metrics()
    assert 'status="500"' not in await attacked.metrics()

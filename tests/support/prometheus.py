"""A Prometheus of the test's own, and promtool."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.debian import program
from tests.support.processes import free_port

HOW_TO_GET_ONE = (
    "the tests of the alert rules need Prometheus: put prometheus and promtool on the path (apt-get install prometheus,"
    " brew install prometheus), or run as root on Debian, where it is installed for you"
)


def promtool(*arguments: str, given: bytes = b"") -> str:
    """Run it on what is given; what it says. Raises AssertionError where it finds fault."""
    command = [program("promtool", "prometheus", HOW_TO_GET_ONE), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, input=given)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


class Prometheus:
    """A server that runs."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http

    async def get(self, path: str, **params: str) -> Any:
        """The data of an answer. Raises AssertionError where it is no success."""
        async with self._http.get(f"{self._url}/api/v1/{path}", params=params) as answer:
            content = await answer.json()
        assert content["status"] == "success", content
        return content["data"]

    async def values(self, expression: str) -> list[tuple[Mapping[str, str], float]]:
        """What an expression gives now."""
        found = await self.get("query", query=expression)
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    async def is_up(self) -> bool:
        """Whether it answers."""
        try:
            await self.get("query", query="1")
        except (aiohttp.ClientError, AssertionError):
            return False
        return True


@asynccontextmanager
async def a_prometheus(configuration: Path, data: Path) -> AsyncIterator[Prometheus]:
    """A server with this configuration, ended with the block."""
    port = free_port()
    arguments = (
        f"--config.file={configuration}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with (data.parent / "prometheus.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program("prometheus", "prometheus", HOW_TO_GET_ONE), *arguments, stdout=output, stderr=output
        )
    try:
        async with aiohttp.ClientSession() as http:
            yield Prometheus(f"http://127.0.0.1:{port}", http)
    finally:
        process.terminate()
        await process.wait()

"""An Alertmanager of the test's own, which calls a webhook of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.debian import program
from tests.support.processes import free_port
from tests.support.waiting import eventually

HOW_TO_GET_ONE = (
    "the tests of the channel alertmanager need one: put prometheus-alertmanager on the path (apt-get install"
    " prometheus-alertmanager), or run as root on Debian, where it is installed for you"
)


USER, PASSWORD = "drive", "s3cret/:@"
_BCRYPT = "$2b$04$abcdefghijklmnopqrstuuEICrND5bCK7ealGDh/3CL1TLMfv0hNW"
"""Of the password."""


class Alertmanager:
    """A server that runs."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http

    async def alerts(self) -> list[dict[str, Any]]:
        """Those that are active."""
        async with self._http.get(f"{self.url}/api/v2/alerts") as answer:
            answer.raise_for_status()
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            await self.alerts()
        except aiohttp.ClientError:
            return False
        return True


@asynccontextmanager
async def an_alertmanager(
    folder: Path, webhook_url: str, *, port: int | None = None, asks_for_password: bool = False
) -> AsyncIterator[Alertmanager]:
    """A server that sends what it has to the webhook at once, ended with the block; at a port, where one is given. It
    may ask for the password of USER."""
    receiver = {"name": "test", "webhook_configs": [{"url": webhook_url, "send_resolved": True}]}
    route = {"receiver": "test", "group_by": ["alertname"], "group_wait": "10ms", "group_interval": "100ms"}
    configuration = folder / "alertmanager.yml"
    configuration.write_text(json.dumps({"route": route, "receivers": [receiver]}))
    port = port or free_port()
    arguments: tuple[str, ...] = (
        f"--config.file={configuration}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )
    if asks_for_password:
        (folder / "web.yml").write_text(json.dumps({"basic_auth_users": {USER: _BCRYPT}}))
        arguments = (*arguments, f"--web.config.file={folder / 'web.yml'}")
    headers = {"authorization": aiohttp.encode_basic_auth(USER, PASSWORD)} if asks_for_password else {}
    name = program("prometheus-alertmanager", "prometheus-alertmanager", HOW_TO_GET_ONE)
    with (folder / "alertmanager.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(name, *arguments, stdout=output, stderr=output)
    try:
        async with aiohttp.ClientSession(headers=headers) as http:
            alertmanager = Alertmanager(f"http://127.0.0.1:{port}", http)
            await eventually(alertmanager.is_ready, True)
            yield alertmanager
    finally:
        process.terminate()
        await process.wait()

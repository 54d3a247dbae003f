"""A headless Chromium of the test's own, driven by the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.debian import program

HOW_TO_GET_ONE = (
    "the tests of the answer page need Chromium: put chromium on the path (apt-get install chromium), or run as root on"
    " Debian, where it is installed for you"
)
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-device-scale-factor=1",
    "--remote-debugging-port=0",
)
_DEADLINE_SECONDS = 60


class Tab:
    """A page that a person looks at; it waits for what a step brings about."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command."""
        await self._socket.send_json({"id": (wanted := next(self._ids)), "method": method, "params": parameters})
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while (said := await self._socket.receive_json()).get("id") != wanted:
                pass
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    async def _event(self, name: str) -> None:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while (await self._socket.receive_json()).get("method") != name:
                pass

    async def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        await self.call("Page.navigate", url=url)
        await self._event("Page.loadEventFired")

    async def evaluate(self, expression: str) -> Any:
        """What a script of the developer's, not of the page, finds."""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def key(self, key: str, *, code: int = 0, text: str = "", loads: bool = False) -> None:
        """Press a key; where it loads a page, wait for that."""
        pressed = {"key": key, "windowsVirtualKeyCode": code} | ({"text": text} if text else {})
        await self.call("Input.dispatchKeyEvent", type="keyDown", **pressed)
        await self._socket.send_json(
            {"id": next(self._ids), "method": "Input.dispatchKeyEvent", "params": {"type": "keyUp", "key": key}}
        )
        if loads:
            await self._event("Page.loadEventFired")

    async def type(self, text: str) -> None:
        """Type it where the cursor is."""
        await self.call("Input.insertText", text=text)

    async def screenshot(self) -> bytes:
        """The whole page as a PNG."""
        taken = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(taken["data"])


@asynccontextmanager
async def a_tab(folder: Path, *, width: int, height: int = 740) -> AsyncIterator[Tab]:
    """A tab of a phone that is so wide, in a browser that ends with the block."""
    path = program("chromium", "chromium", HOW_TO_GET_ONE)
    process = await asyncio.create_subprocess_exec(
        path, *_FLAGS, f"--user-data-dir={folder}", "about:blank", stderr=asyncio.subprocess.PIPE
    )
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(await _address(process, http), max_msg_size=0) as ws,
        ):
            tab = Tab(ws)
            await tab.call("Page.enable")
            shape = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
            await tab.call("Emulation.setDeviceMetricsOverride", **shape)
            yield tab
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _address(process: asyncio.subprocess.Process, http: aiohttp.ClientSession) -> str:
    """Of the tab's socket: the browser says on which port it listens."""
    assert process.stderr
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while not (line := (await process.stderr.readline()).decode()).startswith("DevTools listening on ws://"):
            assert line, "Chromium ended before it listened"
        host = line.split("ws://")[1].split("/")[0]
        async with http.get(f"http://{host}/json/list") as answer:
            tabs = await answer.json()
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))

"""A webhook receiver on a real port, which checks every signature as a partner would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook


@dataclass(frozen=True)
class Call:
    """One request, its signature found good."""

    id: str
    body: dict[str, Any]
    raw: str


@dataclass
class Receiver:
    """`answers` are used up one by one, then it answers 200. While `gate` is closed nobody is answered."""

    secret: str = ""
    answers: list[web.Response] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    arrived: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """Where to call it."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, request: web.Request) -> web.Response:
        """Check, remember, answer."""
        raw = await request.text()
        body = Webhook(self.secret).verify(raw, dict(request.headers))
        call = Call(request.headers["webhook-id"], body, raw)
        self.calls.append(call)
        self.arrived.put_nowait(call)
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else web.Response(status=200)


@asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    """A receiver that listens; the secret is to be told to it."""
    receiver = Receiver()
    receiver.gate.set()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()

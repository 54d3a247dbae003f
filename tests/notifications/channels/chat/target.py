"""A target of Apprise's json:// and form:// on a real port, which parses what it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Target:
    """`answers` are used up one by one, then it answers 200; None hangs up. `bodies` are the JSON that arrived."""

    answers: list[web.Response | None] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """What a route has as its address."""
        return f"json://user:s3cret@127.0.0.1:{self.port}/t0ken"

    async def take(self, request: web.Request) -> web.Response:
        """Parse, remember, answer."""
        self.bodies.append(await request.json())
        answer = self.answers.pop(0) if self.answers else web.Response()
        if answer is None:
            assert request.transport
            request.transport.close()
            return web.Response()
        return answer


@asynccontextmanager
async def a_target() -> AsyncIterator[Target]:
    """A target that listens."""
    target = Target()
    app = web.Application()
    app.router.add_post("/t0ken", target.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    target.port = runner.addresses[0][1]
    try:
        yield target
    finally:
        await runner.cleanup()

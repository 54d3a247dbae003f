"""A webhook receiver as ops would run it: verifies each signature (Standard Webhooks) and keeps what arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """`received` holds the events of each verified message by its webhook-id; `refused` counts those that failed
    verification."""

    url: str = ""
    secret: str = ""
    received: dict[str, list[Any]] = field(default_factory=dict)
    refused: int = 0

    async def take(self, request: web.Request) -> web.Response:
        """One call of the webhook."""
        body = await request.text()
        try:
            content = Webhook(self.secret).verify(body, dict(request.headers.items()))
        except WebhookVerificationError:
            self.refused += 1
            return web.Response(status=400)
        self.received[request.headers["webhook-id"]] = content
        return web.Response(status=204)

    def about(self, unit_code: str) -> list[str]:
        """The types of what was received about a unit, in the order of arrival."""
        events = [event for message in self.received.values() for event in message]
        return [event["type"] for event in events if event["data"]["subject"]["unit_code"] == unit_code]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/alerts", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/alerts"
        yield receiver
    finally:
        await runner.cleanup()

"""A notifications service per test, and a webhook receiver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from notifications.main import create_app
from services.runtime import Runtime
from tests.conftest import ClientFor, MakeRuntime
from tests.notifications.receiver import Receiver, a_receiver
from tests.notifications.service import UNITS, MakeService, NotificationsService, a_unit
from tests.support.clock import SettableClock

OPS = frozenset({"alerts:read", "alerts:write"})


@pytest_asyncio.fixture
async def make_service(make_runtime: MakeRuntime, client_for: ClientFor) -> MakeService:
    """Makes notifications services that know `UNITS`; by default they may call webhooks on this machine, and wait
    for no others of a group, nor between its messages."""

    async def make(**settings: Any) -> NotificationsService:
        given = await make_runtime(
            "notifications",
            **{"webhook_allow": "127.0.0.0/8", "group_wait_seconds": 0, "group_interval_seconds": 0, **settings},
        )
        # Receivers check that a webhook's timestamp is of these minutes, so the clock starts at the real time.
        clock = SettableClock(datetime.now(UTC))
        runtime = Runtime(given.settings, clock, given.database, given.tokens, given.metrics)
        token = runtime.tokens.issue("OPS", OPS, clock.now(), timedelta(days=30))
        app = create_app(runtime)
        made = NotificationsService(runtime, clock, app, await client_for(app, token))
        await made.register(*map(a_unit, UNITS))
        return made

    return make


@pytest_asyncio.fixture
async def service(make_service: MakeService) -> NotificationsService:
    """The service, allowed to call webhooks on this machine."""
    return await make_service()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook receiver on this machine."""
    async with a_receiver() as listening:
        yield listening

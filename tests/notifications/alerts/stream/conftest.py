"""Servers of alerts, and clients that listen to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from notifications.main import create_app
from tests.notifications.alerts.stream.steps import token
from tests.notifications.service import NotificationsService
from tests.support.streams import Listen, Serve, listeners, servers


@pytest_asyncio.fixture
async def serve(service: NotificationsService) -> AsyncIterator[Serve]:
    """Serves another app on the same database."""
    async with servers(create_app, service.runtime) as made:
        yield made


@pytest_asyncio.fixture
async def listen(service: NotificationsService) -> AsyncIterator[Listen]:
    """Opens streams, for the agency unless another token is given."""
    async with listeners("/v1/alerts/stream", token(service), {}) as made:
        yield made

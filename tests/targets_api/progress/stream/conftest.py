"""Servers of progress, and clients that listen to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from targets_api.main import create_app
from tests.conftest import TokenFor
from tests.support.streams import Listen, Serve, listeners, servers
from tests.targets_api.builders import HEALTH, TargetsService


@pytest_asyncio.fixture
async def serve(service: TargetsService) -> AsyncIterator[Serve]:
    """Serves another app on the same database."""
    async with servers(create_app, service.runtime) as made:
        yield made


@pytest_asyncio.fixture
async def listen(service: TargetsService, token_for: TokenFor) -> AsyncIterator[Listen]:
    """Opens streams on the province, unless another unit is given."""
    token = token_for(service.runtime, scope="progress:read")
    async with listeners("/v1/progress/stream", token, {"under": "38", "scheme": HEALTH}) as made:
        yield made

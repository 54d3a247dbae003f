"""The targets service on a database of its own."""

from __future__ import annotations

import pytest_asyncio

from targets_api.main import create_app
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.targets_api.builders import LAUNCH, TargetsService, a_registry


@pytest_asyncio.fixture
async def service(make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> TargetsService:
    """The service on Cẩm Thạch's launch day, with a registry."""
    runtime = await make_runtime("targets", today=LAUNCH)
    http = await client_for(create_app(runtime), token_for(runtime, scope="targets:write progress:read"))
    service = TargetsService(runtime, http)
    await service.handle(a_registry())
    return service

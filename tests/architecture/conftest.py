"""Fixtures for what holds for every service."""

from __future__ import annotations

import pytest
import pytest_asyncio

from drive.hosting.services import SERVICES, ServiceName, create_app
from tests.architecture.api import Api, routes_of
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.openapi.documents import document_of


@pytest_asyncio.fixture(params=SERVICES)
async def api(
    request: pytest.FixtureRequest, make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor
) -> Api:
    """One of the three."""
    service: ServiceName = request.param
    runtime = await make_runtime(service)
    app = create_app(runtime)
    client = await client_for(app, token_for(runtime))
    return Api(document_of(service), client, lambda scope: token_for(runtime, scope=scope), routes_of(app))

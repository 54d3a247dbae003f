"""Scopes of a route: any one of those that it names is enough, for the check and in the document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Request, Response, Security

from services.context import Actor
from services.web.app import build_app
from services.web.auth import authorize
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.problems import Problem
from services.web.strict_route import StrictRoute
from tests.conftest import ClientFor, MakeRuntime, TokenFor

Ask: TypeAlias = Callable[[str, str], Awaitable[httpx.Response]]
EITHER = ("progress:read", "progress:own")


def routes() -> APIRouter:
    """One route for each way to name scopes; each answers whose figures the client may see."""
    router = APIRouter(route_class=StrictRoute)

    @router.get("/one")
    async def one(actor: Annotated[Actor, Security(authorize, scopes=["progress:read"])]) -> Response:
        return seen_by(actor)

    @router.get("/either")
    async def either(actor: Annotated[Actor, Security(authorize, scopes=list(EITHER))]) -> Response:
        return seen_by(actor)

    @router.get("/any-client")
    async def any_client(actor: Annotated[Actor, Security(authorize)]) -> Response:
        return seen_by(actor)

    @router.get("/everybody")
    async def everybody(_: Request) -> Response:
        return Response("everybody's")

    @hot_route(router, "GET", "/hot", Declaration[Any, Any, Any](scopes=EITHER, answer=Problem))
    async def hot(request: HotRequest[Any, Any, Any]) -> Response:
        return seen_by(request.actor)

    return router


def seen_by(actor: Actor) -> Response:
    """Whose figures the actor may see."""
    return Response(actor.limited_to(unless="progress:read") or "everybody's")


@pytest_asyncio.fixture
async def ask(make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor) -> Ask:
    """Asks a path with a token of these scopes."""
    runtime = await make_runtime("targets")
    client = await client_for(build_app(runtime, title="test", routers=[routes()]))

    async def send(path: str, scope: str) -> httpx.Response:
        return await client.get(path, headers={"authorization": f"Bearer {token_for(runtime, org='CT', scope=scope)}"})

    return send


@pytest.mark.parametrize("path", ["/either", "/hot"])
async def test_of_the_scopes_of_a_route_any_one_is_enough(ask: Ask, path: str) -> None:
    assert (await ask(path, "progress:own")).text == "CT"
    for scope in ("progress:read", "progress:own progress:read", "admin"):
        assert (await ask(path, scope)).text == "everybody's"
    refused = await ask(path, "alerts:own")
    assert refused.status_code == 403
    assert refused.json()["detail"] == "this needs the scope progress:read or progress:own; the token grants alerts:own"


async def test_a_route_that_names_no_scope_is_for_every_client(ask: Ask) -> None:
    assert (await ask("/any-client", "")).text == "CT"
    assert (await ask("/one", "")).status_code == 403


async def test_scopes_of_which_one_is_enough_are_alternatives_in_the_document(ask: Ask) -> None:
    paths = (await ask("/openapi.json", "")).json()["paths"]
    alternatives = [{"bearer": [scope]} for scope in EITHER]
    assert [paths[path]["get"]["security"] for path in ("/either", "/hot")] == [alternatives, alternatives]
    assert paths["/one"]["get"]["security"] == [{"bearer": ["progress:read"]}]
    assert paths["/any-client"]["get"]["security"] == [{"bearer": []}]
    assert paths["/everybody"]["get"]["security"] == []


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, "Bearer"),
        ({"Authorization": "Basic eDp5"}, "Bearer"),
        ({"Authorization": "Bearer x.y.z"}, 'Bearer error="invalid_token"'),
    ],
)
async def test_whoever_sends_no_token_is_told_of_no_error_in_it(
    make_runtime: MakeRuntime, client_for: ClientFor, headers: dict[str, str], challenge: str
) -> None:
    client = await client_for(build_app(await make_runtime("targets"), title="test", routers=[routes()]))
    answer = await client.get("/either", headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)

"""What every service's HTTP answers have in common: errors, ids, limits, health."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Header, Request, Security
from pydantic import BaseModel, Field

from services.context import Actor
from services.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from services.runtime import AnyRuntime
from services.web import middleware
from services.web.app import build_app
from services.web.auth import authorize
from services.web.fields import Day
from services.web.middleware import MAX_BODY_BYTES
from services.web.strict_route import StrictRoute
from tests.conftest import ClientFor, TokenFor


class Person(BaseModel):
    """Part of a body."""

    born_on: Day
    name: str = Field(min_length=1)


class Body(BaseModel):
    """A body with something nested in it."""

    people: list[Person]
    months: int = 3


class AlreadyThere(Conflict):
    """As a domain would name it."""

    code = "already-there"
    title = "It is already there"


def routes() -> APIRouter:
    """One route for each way to fail."""
    router = APIRouter(route_class=StrictRoute)

    @router.post("/bodies")
    async def bodies(body: Body, wanted: Annotated[int | None, Header()] = None) -> int:
        return len(body.people)

    @router.get("/numbers/{number}")
    async def numbers(number: int, limit: int = 10) -> int:
        return number

    @router.get("/refusals/{kind}")
    async def refusals(kind: str) -> None:
        raise {
            "invalid": Invalid("two fields", (FieldError("/a/0", "must be b"), FieldError("/c~1d", "must be e"))),
            "conflict": AlreadyThere("choose another"),
            "missing": NotFound("no such thing"),
            "unavailable": Unavailable("the database is away", retry_after=7),
        }[kind]

    @router.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError("a secret in the message")

    @router.get("/request-id")
    async def request_id(request: Request) -> str:
        return str(request.state.request_id)

    @router.post("/never")
    async def never(body: dict[str, int]) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(body["n"])

    @router.get("/mine")
    async def mine(actor: Annotated[Actor, Security(authorize, scopes=["progress:read"])]) -> str:
        return actor.organisation_code

    return router


@pytest_asyncio.fixture
async def client(web_runtime: AnyRuntime, client_for: ClientFor) -> httpx.AsyncClient:
    """A client without a token."""
    return await client_for(build_app(web_runtime, title="test", routers=[routes()]))


def problem(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem in an answer; every one has all of this."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"http://test/problems/{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def pointers(body: dict[str, Any]) -> list[str]:
    """Where the errors are."""
    assert all(error["detail"] for error in body["errors"])
    return [error["pointer"] for error in body["errors"]]


given_up: list[int] = []
GOOD = {"people": [{"born_on": "1980-02-03", "name": "An"}]}


async def test_what_is_right_is_answered(client: httpx.AsyncClient) -> None:
    assert (await client.post("/bodies", json=GOOD)).json() == 1


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["/people"]),
        ({"people": [{"born_on": "1980-02-30", "name": "An"}]}, ["/people/0/born_on"]),
        ({"people": [*GOOD["people"], {"born_on": "yesterday"}]}, ["/people/1/born_on", "/people/1/name"]),
        ({"people": "An"}, ["/people"]),
        ({**GOOD, "months": "three"}, ["/months"]),
        ([], [""]),
        (None, [""]),
    ],
    ids=str,
)
async def test_every_wrong_field_is_pointed_at(client: httpx.AsyncClient, body: object, where: list[str]) -> None:
    answer = await client.post("/bodies", content=json.dumps(body), headers={"content-type": "application/json"})
    assert pointers(problem(answer, 422, "invalid")) == where


async def test_a_wrong_parameter_is_named_by_where_it_stands(client: httpx.AsyncClient) -> None:
    answer = await client.get("/numbers/one", params={"limit": "many"})
    assert pointers(problem(answer, 422, "invalid")) == ["/path/number", "/query/limit"]


async def test_a_wrong_field_is_answered_with_its_remedy(client: httpx.AsyncClient) -> None:
    answer = await client.post("/bodies", json={"people": [{"born_on": "gestern"}]})
    assert {error["pointer"]: error["detail"] for error in answer.json()["errors"]} == {
        "/people/0/born_on": "a date is expected, such as 2025-10-25, from 1900-01-01 to 2199-12-31",
        "/people/0/name": "this field is required",
    }


@pytest.mark.parametrize("path", ["/nowhere", "/bug/", "/numbers/1/", "/health/live/", "/docs/"])
async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    problem(await client.get(path), 404, "not-found")


async def test_a_wrong_method_is_a_problem_that_names_the_right_one(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/bodies")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    assert (await client.post("/numbers/1")).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("invalid", 422, "invalid"),
        ("conflict", 409, "already-there"),
        ("missing", 404, "not-found"),
        ("unavailable", 503, "unavailable"),
    ],
)
async def test_a_refusal_of_the_domain_is_a_problem(
    client: httpx.AsyncClient, kind: str, status: int, code: str
) -> None:
    answer = await client.get(f"/refusals/{kind}")
    body = problem(answer, status, code)
    assert pointers(body) == (["/a/0", "/c~1d"] if kind == "invalid" else [])
    assert answer.headers.get("retry-after") == ("7" if kind == "unavailable" else None)


async def test_a_bug_is_a_problem_with_the_request_id_and_without_internals(client: httpx.AsyncClient) -> None:
    answer = await client.get("/bug", headers={"x-request-id": "given-by-caller"})
    body = problem(answer, 500, "internal")
    assert "given-by-caller" in body["detail"]
    assert answer.headers["x-request-id"] == "given-by-caller"
    for inside in ("Traceback", "ZeroDivisionError", "secret", ".py"):
        assert inside not in answer.text


async def test_a_request_keeps_the_id_it_came_with(client: httpx.AsyncClient) -> None:
    answer = await client.get("/request-id", headers={"x-request-id": "abc.DEF_123-4"})
    assert answer.json() == answer.headers["x-request-id"] == "abc.DEF_123-4"


@pytest.mark.parametrize(
    "given", [None, "short", "x" * 65, "with space", "new\tline-of-log", "quote\"quote'", "é" * 10]
)
async def test_a_request_without_a_decent_id_gets_one(client: httpx.AsyncClient, given: str | None) -> None:
    headers = [(b"x-request-id", given.encode())] if given else []
    answer = await client.get("/request-id", headers=headers)
    assert answer.json() == answer.headers["x-request-id"]
    assert answer.json() != given
    assert len(answer.json()) == 36


async def test_a_refusal_carries_the_id_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"x-request-id": "given-by-caller"})
    assert answer.headers["x-request-id"] == "given-by-caller"


async def test_a_body_that_says_it_is_too_large_is_refused_unread(client: httpx.AsyncClient) -> None:
    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("this must stay confidential")
        yield b""

    answer = await client.post("/bodies", content=body(), headers={"content-length": str(MAX_BODY_BYTES + 1)})
    problem(answer, 413, "too-large")


async def test_a_body_that_exceeds_the_limit_while_it_is_read_is_refused(client: httpx.AsyncClient) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * (MAX_BODY_BYTES // 4)

    answer = await client.post("/bodies", content=body(), headers={"content-type": "application/json"})
    problem(answer, 413, "too-large")
    assert sent <= 6


async def test_a_body_just_small_enough_is_read(client: httpx.AsyncClient) -> None:
    body = json.dumps(GOOD).encode().ljust(MAX_BODY_BYTES)
    answer = await client.post("/bodies", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200


async def test_a_length_beyond_all_numbers_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post("/bodies", content=b"", headers={"content-length": "9" * 5000})
    problem(answer, 413, "too-large")


@pytest.mark.parametrize("length", ["-1", "many", "1e3", "", "١٢", "+5", "1_0"])
async def test_a_length_that_is_no_number_is_not_an_internal_error(client: httpx.AsyncClient, length: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length.encode())]
    answer = await client.post("/bodies", content=json.dumps(GOOD).encode(), headers=headers)
    assert answer.status_code < 500


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer not.a.token", "Bearer é"])
async def test_whoever_shows_no_good_token_is_asked_for_one(client: httpx.AsyncClient, header: str | None) -> None:
    answer = await client.get("/mine", headers=[(b"authorization", header.encode())] if header is not None else [])
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("before", ["Bearer ", "Bearer   ", "bearer ", "BEARER \t", "Bearer\t"])
async def test_a_token_may_stand_after_any_blanks(
    client: httpx.AsyncClient, web_runtime: AnyRuntime, token_for: TokenFor, before: str
) -> None:
    header = f"{before}{token_for(web_runtime, org='CT', scope='progress:read')}"
    assert (await client.get("/mine", headers={"authorization": header})).json() == "CT"


async def test_a_token_is_worth_what_it_grants(
    client: httpx.AsyncClient, web_runtime: AnyRuntime, token_for: TokenFor
) -> None:
    def bearer(scope: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token_for(web_runtime, org='CT', scope=scope)}"}

    assert (await client.get("/mine", headers=bearer("progress:read"))).json() == "CT"
    assert (await client.get("/mine", headers=bearer("admin"))).json() == "CT"
    problem(await client.get("/mine", headers=bearer("enrolments:read")), 403, "forbidden")


@pytest.mark.parametrize("path", ["/numbers/5", "/refusals/missing", "/nowhere", "/bug", "/docs", "/health/live"])
async def test_head_is_answered_as_get_is_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    headers = {"x-request-id": "given-by-caller"}
    get, head = await client.get(path, headers=headers), await client.head(path, headers=headers)
    assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b"")
    assert get.content


async def test_requests_are_measured_by_route_and_not_by_path(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await client.get(f"/numbers/{number}")
    await client.head("/numbers/3")
    await client.get("/nowhere/at/all")
    metrics = (await client.get("/metrics")).text
    assert 'drive_http_request_seconds_count{method="GET",route="/numbers/{number}",status="200"} 3.0' in metrics
    assert 'drive_http_request_seconds_count{method="HEAD",route="/numbers/{number}",status="200"} 1.0' in metrics
    assert "/nowhere" not in metrics


async def test_the_documentation_of_the_api_lists_problems(client: httpx.AsyncClient) -> None:
    description = (await client.get("/openapi.json")).json()
    answers = description["paths"]["/bodies"]["post"]["responses"]
    assert "application/problem+json" in answers["422"]["content"]


async def test_the_page_of_the_documentation_needs_no_other_host(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    sources = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page.text)
    assert any(source.endswith(".js") for source in sources)
    assert any(source.endswith(".css") for source in sources)
    assert [source for source in sources if not re.match(r"/[^/]", source)] == []
    assert "//" not in page.text
    for source in sources:
        answer = await client.get(source)
        assert (answer.status_code, bool(answer.content)) == (200, True), source


async def test_a_query_does_not_wait_until_the_document_of_the_service_is_made(
    web_runtime: AnyRuntime, client_for: ClientFor
) -> None:
    app = build_app(web_runtime, title="test", routers=[routes()])
    client = await client_for(app)
    assert (await client.get("/numbers/7?limit=3")).status_code == 200
    assert (await client.get("/numbers/7?most=3")).status_code == 422
    assert app.openapi_schema is None


async def test_the_documentation_of_readiness_lists_no_problem_that_never_occurs(client: httpx.AsyncClient) -> None:
    answers = (await client.get("/openapi.json")).json()["paths"]["/health/ready"]["get"]["responses"]
    assert answers.keys() == {"200", "503"}


async def test_an_answer_that_takes_too_long_is_unavailable_and_its_work_is_given_up(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "REQUEST_SECONDS", 0.05)
    answer = await client.post("/never", json={"n": 7})
    assert "ask again" in problem(answer, 503, "unavailable")["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Connection"] == "close"
    assert given_up == [7]
    assert (await client.post("/bodies", json=GOOD)).status_code == 200

"""Which answers are tables, and the files that are made of them."""

from __future__ import annotations

import csv
import io
import tempfile
from typing import Annotated, Any, ClassVar

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Query, Response
from openpyxl import load_workbook
from pydantic import BaseModel

from services.errors import NotFound
from services.runtime import AnyRuntime
from services.web import table_answer
from services.web.app import build_app
from services.web.etag import tagged, tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.lists import ListQuery, Page
from services.web.strict_route import PersonalRoute, StrictRoute
from services.web.table_body import CSV, XLSX
from services.web.tables import table_of
from tests.conftest import ClientFor, TokenFor

N = 1_203
"""More than two pages."""


class Thing(BaseModel):
    """A row."""

    number: int
    name: str | None


class Things(Page[Thing]):
    """Some of them."""


class ThingQuery(ListQuery):
    """Which."""

    after: int = 0
    name: str = "a"


def a_page(wanted: ThingQuery) -> Things:
    """Numbers from 1 to N."""
    if wanted.name == "none":
        raise NotFound("there is none")
    numbers = range(wanted.after + 1, min(wanted.after + wanted.limit, N) + 1)
    more = str(numbers[-1]) if numbers and numbers[-1] < N else None
    return Things(items=[Thing(number=number, name=wanted.name) for number in numbers], next=more)


def routers() -> list[APIRouter]:
    """The same list, of things, of persons, and by a hot route."""
    things, persons = APIRouter(route_class=StrictRoute), APIRouter(route_class=PersonalRoute)

    @things.get("/v1/things")
    async def list_things(wanted: Annotated[ThingQuery, Query()]) -> Things:
        return a_page(wanted)

    @persons.get("/v1/persons")
    async def list_persons(wanted: Annotated[ThingQuery, Query()]) -> Things:
        return a_page(wanted)

    @hot_route(things, "GET", "/v1/hot-things", Declaration(("things:read",), Things, parameters=ThingQuery))
    async def list_hot_things(hot: HotRequest[ThingQuery, Any, Any]) -> Response:
        return tagged_response(hot.request, tagged(a_page(hot.parameters).model_dump_json().encode()))

    return [things, persons]


@pytest_asyncio.fixture
async def client(web_runtime: AnyRuntime, client_for: ClientFor) -> httpx.AsyncClient:
    """Of a service with these lists."""
    return await client_for(build_app(web_runtime, title="Things", routers=routers()))


async def numbers(client: httpx.AsyncClient, path: str = "/v1/things", **query: Any) -> list[int]:
    """What the answer has as CSV."""
    answer = await client.get(path, params=query, headers={"Accept": CSV})
    assert answer.status_code == 200, answer.text
    names, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert names == ["number", "name"]
    return [int(line[0]) for line in lines]


def on_the_sheet(raw: bytes) -> list[Any]:
    """What the first column of a workbook has."""
    _, *lines = load_workbook(io.BytesIO(raw)).worksheets[0].iter_rows(values_only=True)
    return [line[0] for line in lines]


async def test_a_file_has_the_whole_list_and_with_a_limit_that_page(client: httpx.AsyncClient) -> None:
    assert await numbers(client) == list(range(1, N + 1))
    assert await numbers(client, after=600) == list(range(601, N + 1))
    assert await numbers(client, limit=7) == list(range(1, 8))
    assert await numbers(client, limit=7, after=20) == list(range(21, 28))
    assert (await client.get("/v1/things")).json()["next"] == "100"


async def test_a_file_of_a_hot_route_has_the_whole_list(
    client: httpx.AsyncClient, web_runtime: AnyRuntime, token_for: TokenFor
) -> None:
    client.headers["Authorization"] = f"Bearer {token_for(web_runtime, scope='things:read')}"
    assert await numbers(client, "/v1/hot-things") == list(range(1, N + 1))
    assert await numbers(client, "/v1/hot-things", after=600) == list(range(601, N + 1))
    assert await numbers(client, "/v1/hot-things", limit=7, after=20) == list(range(21, 28))


async def test_a_workbook_has_the_same(client: httpx.AsyncClient) -> None:
    for path in ("/v1/things", "/v1/persons"):
        answer = await client.get(path, headers={"Accept": XLSX})
        assert answer.headers["content-type"] == XLSX
        assert on_the_sheet(answer.content) == list(range(1, N + 1))


async def test_a_file_bears_the_name_of_the_list_and_the_day(
    client: httpx.AsyncClient, web_runtime: AnyRuntime
) -> None:
    for media_type, ending in ((CSV, "csv"), (XLSX, "xlsx")):
        answer = await client.get("/v1/things", headers={"Accept": media_type})
        name = f"things_{web_runtime.clock.today()}.{ending}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


async def test_each_form_has_a_tag_of_its_own_that_changes_with_the_rows(client: httpx.AsyncClient) -> None:
    tags = set()
    for accept in (CSV, XLSX, "application/json"):
        for query in ({}, {"name": "b"}, {"limit": 3}):
            answer = await client.get("/v1/things", params=query, headers={"Accept": accept})
            tags.add(answer.headers["etag"])
            known = {"Accept": accept, "If-None-Match": answer.headers["etag"]}
            again = await client.get("/v1/things", params=query, headers=known)
            assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])
    assert len(tags) == 9


async def test_more_rows_than_a_file_has_are_refused_with_what_to_do(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_answer, "MOST_ROWS", N - 1)
    answer = await client.get("/v1/things", headers={"Accept": CSV})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/query")
    assert error["detail"].startswith("a file has up to 1,202 rows, and these are more: narrow the list")
    assert len(await numbers(client, limit=500)) == 500
    assert len(await numbers(client, "/v1/persons")) == N
    monkeypatch.setattr(table_answer, "MOST_PERSONS", N - 1)
    assert (await client.get("/v1/persons", headers={"Accept": CSV})).status_code == 422


async def test_a_refusal_of_the_list_is_a_problem_in_any_form(client: httpx.AsyncClient) -> None:
    for media_type in (CSV, XLSX):
        for query, status in (({"name": "none"}, 404), ({"limit": 501}, 422), ({"no_such": 1}, 422)):
            answer = await client.get("/v1/things", params=query, headers={"Accept": media_type})
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_rows_of_persons_are_never_on_a_disk_and_kept_by_no_cache(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, recorded(made, getattr(tempfile, name)))
    for media_type in (CSV, XLSX):
        answer = await client.get("/v1/persons", headers={"Accept": media_type})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert made == []
    await client.get("/v1/things", headers={"Accept": XLSX})
    assert made


def recorded(made: list[str], make: Any) -> Any:
    """The function, noting that it was called."""

    def call(*given: Any, **named: Any) -> Any:
        made.append(make.__name__)
        return make(*given, **named)

    return call


class OfTwoLists(BaseModel):
    """An answer whose rows would have two lists."""

    class Row(BaseModel):
        things: list[Thing]
        others: list[Thing]

    items: list[Row]


class OfPoints(BaseModel):
    """An answer that says where its rows are."""

    TABLE_ROWS: ClassVar[str] = "points"
    name: str
    points: list[Thing]


def test_an_answer_says_where_its_rows_are() -> None:
    found = table_of(OfPoints)
    assert found
    assert [column.name for column in found.columns] == ["number", "name"], "a row's own field goes before the answer's"
    assert list(found.rows({"name": "A", "points": [{"number": 1, "name": "B"}]})) == [[1, "B"]]
    assert table_of(Thing) is None
    assert table_of(None) is None
    with pytest.raises(AssertionError, match="two lists of objects are no table"):
        table_of(OfTwoLists)

"""What is another organisation's is answered as what is not there, on every operation that a partner may ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client import generate_latest
from sqlalchemy import text

from enrolment_api.domain.sign_up import Participant
from tests.architecture.api import Api
from tests.architecture.foreign import NOBODYS_CODE, NOBODYS_ID, PARTNER, SERVICES, World, a_world
from tests.conftest import ClientFor, MakeRuntime, TokenFor

EVERYBODYS = {
    "/v1/units/{code}",
    "/v1/organisations/{code}",
}
"""Entries of the registry that everybody may read."""
_COUNTED = re.compile(r"^(drive_\w+(?:_total|_count)(?:\{.*\})?) (\S+)$", re.MULTILINE)
_BODIES_WITH_CODES = {"record_enrolment", "record_batch", "correct_enrolment"}
"""Sign-ups name a collector: that of another organisation is refused in words of its own, which an office needs whose
collector was moved. Collectors' codes are on receipts, and tell nothing of any participant."""


@pytest_asyncio.fixture(params=SERVICES)
async def world(
    request: pytest.FixtureRequest, make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor
) -> World:
    """One of the three."""
    return await a_world(request.param, make_runtime, client_for, token_for)


def of_partners(api: Api) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The operations that one of the scopes of partners is enough for."""
    for method, path, operation in api.operations():
        scopes = {scope for alternative in operation["security"] for scope in alternative["bearer"]}
        if scopes & set(PARTNER.split()):
            yield method, path, operation


def parameters_of(operation: Mapping[str, Any], place: str) -> list[Mapping[str, Any]]:
    """Its parameters in path, query or header."""
    return [each for each in operation.get("parameters", ()) if each["in"] == place]


def an_example(api: Api, schema: Mapping[str, Any]) -> Any:
    """A value that is taken: with what is required, each from its example."""
    schema = api.resolved(schema)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "items" in schema and "examples" not in schema:
        return [an_example(api, schema["items"])] * schema.get("minItems", 0)
    if "properties" not in schema:
        return schema["examples"][0]
    required = [name for name in schema["properties"] if name in schema.get("required", ())]
    made = {name: an_example(api, schema["properties"][name]) for name in required}
    return made or schema["examples"][0]


async def asked(world: World, method: str, path: str, operation: Mapping[str, Any], *, known: bool) -> httpx.Response:
    """The answer to a stranger who names what is CT's, or what is nobody's, wherever the operation takes it."""
    for parameter in parameters_of(operation, "path"):
        is_a_number = parameter["schema"].get("type") == "integer"  # of a part of what the rest of the path names
        value = "1" if is_a_number else world.value(path, parameter["name"], known=known)
        assert value, (
            f"{path}: say in tests/architecture/foreign.py what of another organisation is {parameter['name']}"
        )
        path = path.replace(f"{{{parameter['name']}}}", value)
    query = {p["name"]: an_example(world.api, p["schema"]) for p in parameters_of(operation, "query") if p["required"]}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    given = {"json": an_example(world.api, body["schema"])} if body else {}
    return await world.stranger.request(method, path, params=query, **given)


def without_ids(world: World, answer: httpx.Response) -> str:
    """What it says, but for what was asked for and the id of the request."""
    said = answer.text.replace(answer.headers["x-request-id"], "REQUEST")
    for value in sorted((*world.foreign.values(), NOBODYS_ID, NOBODYS_CODE), key=len, reverse=True):
        said = said.replace(value, "IT")
    return said


async def test_what_is_anothers_is_not_found_as_what_is_nobodys_is_not(world: World) -> None:
    tried = 0
    for method, path, operation in of_partners(world.api):
        if path in EVERYBODYS or not parameters_of(operation, "path"):
            continue
        tried += 1
        nobodys = await asked(world, method, path, operation, known=False)
        anothers = await asked(world, method, path, operation, known=True)
        assert (nobodys.status_code, anothers.status_code) == (404, 404), (method, path, anothers.text)
        assert without_ids(world, anothers) == without_ids(world, nobodys), (method, path)
        names = set(anothers.headers) | set(nobodys.headers)
        differ = {name for name in names if anothers.headers.get(name) != nobodys.headers.get(name)}
        assert differ <= {"x-request-id", "content-length"}, (method, path)
    assert tried > 0


async def test_lists_hold_nothing_of_others_whatever_they_are_asked_for(world: World) -> None:
    tried = 0
    for method, path, operation in of_partners(world.api):
        if method != "GET" or parameters_of(operation, "path") or path in {"/v1/units"}:
            continue
        answer = await world.stranger.get(path)
        if answer.status_code == 422:  # it needs a parameter; what it tells is no list
            continue
        if answer.headers["content-type"].startswith("text/event-stream"):
            assert not any(i in answer.text for i in world.foreign.values()), path
            continue
        assert answer.json().get("items", []) == [] or not any(i in answer.text for i in world.foreign.values()), path
        for parameter in parameters_of(operation, "query"):
            if its := world.value(path, parameter["name"], known=True):
                tried += 1
                nobodys = world.value(path, parameter["name"], known=False)
                found, missed = [await world.stranger.get(path, params={parameter["name"]: v}) for v in (its, nobodys)]
                assert (found.status_code, found.json()) == (missed.status_code, missed.json()), (path, parameter)
    assert tried > 0


def counted(world: World) -> dict[str, str]:
    """Every counter of the process."""
    return dict(_COUNTED.findall(generate_latest(world.runtime.metrics.registry).decode()))


def grown(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, float]:
    """By how much each counter has."""
    return {name: n for name, value in after.items() if (n := float(value) - float(before.get(name, 0)))}


async def test_to_look_for_what_is_anothers_leaves_the_trace_of_what_is_nobodys(world: World) -> None:
    for method, path, operation in of_partners(world.api):
        if path in EVERYBODYS or not parameters_of(operation, "path"):
            continue
        traces = []
        for known in (False, True):
            before = counted(world)
            await asked(world, method, path, operation, known=known)
            traces.append(grown(before, counted(world)))
        assert traces[0] == traces[1] != {}, (method, path)
    async with world.runtime.database.read() as session:
        if (await session.execute(text("SELECT to_regclass('audit_entries')"))).scalar_one():
            assert (await session.execute(text("SELECT count(*) FROM audit_entries"))).scalar_one() == 0


def test_every_id_in_a_body_is_tried(world: World) -> None:
    """A body that takes ids or codes of what is an organisation's needs a case; those that partners may send now name
    collectors alone."""
    naming = {
        operation["operationId"]
        for _, _, operation in of_partners(world.api)
        if "requestBody" in operation
        for name in names_in(world.api, operation["requestBody"]["content"]["application/json"]["schema"])
        if name.endswith("_id") or name in {"collector_code", "organisation_code", "id"}
    } - {"personal_id"}
    assert naming <= _BODIES_WITH_CODES


def names_in(api: Api, schema: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """The names of all fields of a body."""
    found: set[str] = set()
    for reference in re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(schema)):
        if reference not in seen:
            found |= names_in(api, api.document["components"]["schemas"][reference], seen | {reference})
    for each in (schema, *schema.get("oneOf", ())):
        for name, field in each.get("properties", {}).items():
            found |= {name} | names_in(api, field, seen)
    return found - {"personal_id"}


def test_nothing_is_filtered_or_sorted_by_what_identifies_a_person(world: World) -> None:
    """Whoever sees people masked could else find out what is masked by asking for it."""
    person = {field.name for field in fields(Participant)}
    for _, path, operation in world.api.operations():
        names = {parameter["name"] for parameter in parameters_of(operation, "query")}
        assert names.isdisjoint(person | {"sort", "sort_by", "order", "order_by", "q", "search"}), path

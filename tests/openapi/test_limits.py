"""The limits that the documents name for what comes in are those that are kept."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from drive.hosting.services import SERVICES, ServiceName
from services.clock import SystemClock
from services.security.tokens import Tokens
from services.web.fields import AN_ID
from tests.openapi.documents import KEY, Document, app_of, document_of, operations_of

Place = tuple[str, ...]


def resolved(document: Document, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it refers to, or the one choice that is not null; of several schemas the first."""
    if "$ref" in schema:
        return resolved(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        if choices:
            return resolved(document, next(each for each in choices if each.get("type") != "null"))
    return schema


def too_much(schema: Mapping[str, Any]) -> list[Any]:
    """Values of its type just beyond its limits."""
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const"}:
        return ["1" * (schema["maxLength"] + 1)]
    if schema.get("type") == "integer":
        return [schema["maximum"] + 1, schema["minimum"] - 1]
    return [schema["maximum"] + 1] if schema.get("type") == "number" else []  # how small it may be, the domain says


def fields_of(document: Document, schema: Mapping[str, Any], place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every field of a body that has limits, with each value that is beyond them."""
    for name, field in resolved(document, schema).get("properties", {}).items():
        inner = resolved(document, field)
        yield from (((*place, name), value) for value in too_much(inner))
        yield from fields_of(document, inner, (*place, name))


def example_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first example of a body."""
    examples = [each["value"] for each in content.get("examples", {}).values()]
    return copy.deepcopy(content.get("example", examples[0] if examples else {}))


def with_value(body: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    """The body with that in place of what it has there."""
    inner = body
    for name in place[:-1]:
        inner = inner.setdefault(name, {})
    inner[place[-1]] = value
    return body


def client_of(service: ServiceName) -> httpx.AsyncClient:
    """Somebody who may do anything, with a service that has no database: it would answer 503."""
    token = Tokens([KEY]).issue("CT", frozenset({"admin"}), SystemClock().now(), timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app_of(service)), base_url="http://test", headers=headers)


def filled(path: str) -> str:
    """With a code or an id in place of its parameter."""
    return re.sub(r"\{[a-z]+_id\}", AN_ID, path).replace("{code}", "a").replace("{name}", "a")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_field_beyond_its_limits_is_refused_by_its_name(service: ServiceName) -> None:
    document, tried = document_of(service), 0
    async with client_of(service) as client:
        for operation_name, operation in operations_of(document):
            method, path = operation_name.split()
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for place, value in fields_of(document, content["schema"]):
                    body = with_value(example_of(content), place, value)
                    answer = await client.request(method, filled(path), json=body)
                    assert answer.status_code == 422, (operation_name, place, answer.text)
                    assert "/" + "/".join(place) in [error["pointer"] for error in answer.json()["errors"]]
                    tried += 1
    assert tried >= 4


@pytest.mark.parametrize("service", SERVICES)
async def test_a_parameter_beyond_its_limits_is_refused_by_its_name(service: ServiceName) -> None:
    document, tried = document_of(service), 0
    async with client_of(service) as client:
        for operation_name, operation in operations_of(document):
            method, path = operation_name.split()
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for parameter in operation.get("parameters", ()):
                for value in too_much(parameter["schema"]):
                    where, name = parameter["in"], parameter["name"]
                    if name == "If-None-Match":  # one that is too long is as good as none
                        continue
                    answer = await client.request(
                        method,
                        path.replace(f"{{{name}}}", str(value)) if where == "path" else filled(path),
                        params={name: value} if where == "query" else None,
                        headers={name: str(value)} if where == "header" else None,
                        json=example_of(content) if content else None,
                    )
                    assert answer.status_code in (400, 422), (operation_name, name, answer.text)
                    assert f"/{where}/{name}" in [error["pointer"] for error in answer.json()["errors"]]
                    tried += 1
    assert tried >= 4

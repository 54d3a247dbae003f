"""The AsyncAPI document: official in form, complete, described in every field, and true of events as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from drive.hosting.services import SERVICES, ServiceName, create_app
from services.asyncapi.document import document, printed
from services.contracts.events import EVENT_TYPES
from services.contracts.subscriptions import BINDINGS
from tests.conftest import ClientFor, MakeRuntime
from tests.services.asyncapi.schemas import refusals

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "services" / "contracts" / "golden"
OFFICIAL = jsonschema_rs.Draft7Validator(
    json.loads((Path(__file__).parent / "data" / "asyncapi-3.0.0.json").read_text())
)
LIMITS = {"string": {"maxLength"}, "array": {"maxItems"}, "integer": {"maximum", "format"}}


def fields() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field of every event and of what is in it, by its place."""
    for name, schema in document()["components"]["schemas"].items():
        for field, said in schema["properties"].items():
            yield f"{name}.{field}", said


def test_the_document_that_is_kept_is_the_one_that_is_made() -> None:
    assert (ROOT / "docs" / "asyncapi.json").read_text() == printed(), "run: drive asyncapi > docs/asyncapi.json"


def test_the_document_is_valid_by_the_official_schema() -> None:
    assert [str(error) for error in OFFICIAL.iter_errors(document())] == []


@pytest.mark.parametrize("broken", [{"channels": {"a": {"adress": "b"}}}, {"asyncapi": "2.6.0"}, {"operations": []}])
def test_the_official_schema_finds_mistakes(broken: dict[str, Any]) -> None:
    assert list(OFFICIAL.iter_errors(document() | broken))


def test_every_type_has_a_channel_and_a_publisher_and_every_subscription_an_operation() -> None:
    made = document()
    assert {name: channel["address"] for name, channel in made["channels"].items() if name != "webhook"} == {
        name: name for name in EVENT_TYPES
    }
    expected = {f"send.{name}" for name in EVENT_TYPES} | {"send.webhook"}
    expected |= {f"receive.{listener}.{name}" for listener, names in BINDINGS.items() for name in names}
    assert made["operations"].keys() == expected


def test_every_field_has_a_description_an_example_and_its_limits() -> None:
    bare = []
    for place, field in fields():
        parts = [field, *field.get("anyOf", ())]
        limits = {key for part in parts for key in part}
        open_ended = [part for part in parts if not part.keys() & {"enum", "const"}]
        needed = {key for part in open_ended for key in LIMITS.get(part.get("type", ""), ())}
        is_plain = "$ref" not in str(field)
        if "description" not in field or (is_plain and "examples" not in field) or not needed <= limits:
            bare.append(place)
    assert bare == []


@pytest.mark.parametrize("name", document()["components"]["messages"])
def test_the_example_of_a_message_is_one(name: str) -> None:
    [example] = document()["components"]["messages"][name]["examples"]
    assert refusals(name, example["payload"]) == []


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_an_event_once_published_is_as_the_document_says(name: str) -> None:
    event = json.loads((GOLDEN / f"{name}.json").read_text())
    assert refusals(name, [event]) == []
    assert refusals(name, [event | {"data": {}}])
    assert refusals(name, [event | {"id": "1"}])


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_answers_the_document(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    client = await client_for(create_app(await make_runtime(service)))
    answer = await client.get("/asyncapi.json")
    assert (answer.status_code, answer.json()) == (200, document())
    headers = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get("/asyncapi.json", headers=headers)).status_code == 304

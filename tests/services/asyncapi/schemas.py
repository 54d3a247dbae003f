"""Checks of events against the AsyncAPI document, as whoever has nothing else would make them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from services.asyncapi.document import document

ATTRIBUTES = ("id", "source", "type", "subject", "time", "datacontenttype")


def parsed(payload: list[Any]) -> list[BaseCloudEvent]:
    """As the SDK reads them; it raises where a required attribute is missing, or none of CloudEvents."""
    events = [JSONFormat().read(CloudEvent, json.dumps(item).encode()) for item in payload]
    for event, item in zip(events, payload, strict=True):
        assert {name: event.get_attributes()[name] for name in ("id", "source", "type")} == {
            name: item[name] for name in ("id", "source", "type")
        }
        assert all(event.get_attributes()[name] for name in ATTRIBUTES)
        assert event.get_extension("correlationid") == item["correlationid"]
        assert event.get_data() == item["data"]
    return events


def refusals(name: str, payload: Any) -> list[str]:
    """What the document's schema of that message says against the payload."""
    whole = document()
    schema = {**whole["components"]["messages"][name]["payload"], "components": whole["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(payload)]


def content_type_of(name: str) -> str:
    """What the document says that the message is."""
    return str(document()["components"]["messages"][name]["contentType"])

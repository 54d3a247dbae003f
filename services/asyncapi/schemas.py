"""JSON schemas of events for the AsyncAPI document, each field with its description, an example and its limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from services.contracts.envelope import Event

REF: Final = "#/components/schemas/{model}"
_LONGEST: Final[Mapping[str, int]] = {"uuid": 36, "date": 10, "date-time": 35}
"""By format."""
_CODE: Final[Mapping[str, Any]] = {"anyOf": [{"type": "string", "maxLength": 128}, {"type": "null"}]}
_SCOPE: Final[Mapping[str, Any]] = {
    "unit_code": {**_CODE, "description": "Code of the unit, where one is named", "examples": ["15142"]},
    "organisation_code": {**_CODE, "description": "Code of the organisation, where one is named", "examples": [None]},
    "collector_code": {**_CODE, "description": "Code of the collector, where one is named", "examples": [None]},
}
"""Of a class that is pure, and so cannot describe its fields itself."""


def schemas_of(events: Iterable[type[Event]]) -> dict[str, Any]:
    """The schemas of these events and of all that is in them, by name."""
    _, found = models_json_schema([(event, "serialization") for event in events], ref_template=REF)
    schemas: dict[str, Any] = dict(sorted(found["$defs"].items()))
    schemas["Scope"]["properties"] = dict(_SCOPE)
    envelope = Event.model_json_schema(mode="serialization")["properties"]
    for schema in schemas.values():
        for name, field in schema["properties"].items():
            if "description" not in field and name in envelope:
                _describe(field, envelope[name])
            if name == "data":
                field["description"] = schemas[field["$ref"].rpartition("/")[2]]["description"]
            _complete(field)
    return schemas


def _describe(field: dict[str, Any], of_all: Mapping[str, Any]) -> None:
    """As the envelope does; the example is what this event has, where that is fixed."""
    examples = [field["default"]] if "default" in field else of_all["examples"]
    field |= {**of_all, **field, "examples": examples}


def _complete(field: dict[str, Any]) -> None:
    """Titles repeat the names; the length of a text follows from its format."""
    field.pop("title", None)
    for part in (field, *field.get("anyOf", ()), field.get("items", {})):
        if part.get("format") in _LONGEST:
            part["maxLength"] = _LONGEST[part["format"]]


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that the schema takes: made of the examples of its fields."""
    if "const" in schema:
        return schema["const"]
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    if "items" in schema:
        return [example_of(schema["items"], schemas)]
    return {name: example_of(field, schemas) for name, field in schema["properties"].items()}

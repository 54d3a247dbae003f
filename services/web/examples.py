"""Examples of bodies, composed of those of their fields; and what a schema says of a field that may be null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]


def describe_nullable(schema: Schema) -> None:
    """Move description and example of what a field may be, beside null, to the field itself."""
    for name in ("description", "examples"):
        for choice in schema.get("anyOf", ()):
            if name in choice:
                schema.setdefault(name, choice[name])
                del choice[name]


def without_null(schema: Schema) -> Schema:
    """The schema of a parameter, which is absent and never null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) != 1:
        return schema
    return {**choices[0], **{name: value for name, value in schema.items() if name not in ("anyOf", "default")}}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Schema]) -> Any:
    """An example of what the schema describes."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return example_of(choices[0], schemas)
    if "properties" in schema:
        return {name: example_of(field, schemas) for name, field in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    return schema.get("const", schema.get("default"))


def add_example(content: Schema, schemas: Mapping[str, Schema]) -> None:
    """Give a body an example where it has none."""
    if "schema" in content and not content.keys() & {"example", "examples"}:
        content["example"] = example_of(content["schema"], schemas)

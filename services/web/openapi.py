"""The OpenAPI document: FastAPI's own, completed by errors, headers, examples and the schemas of hot routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from services.web.answers import HEADERS, common_answers, joined, with_common_headers
from services.web.auth import BEARER, alternatives
from services.web.etag import document_tag
from services.web.examples import add_example, describe_nullable, without_null
from services.web.middleware import MAX_BODY_BYTES
from services.web.problems import MEDIA_TYPE, Problem
from services.web.table_body import CSV, XLSX

ABOUT: Final[Mapping[str, Any]] = {
    "contact": {"name": "Whoever runs this installation"},
    "license_info": {"name": "All rights reserved", "identifier": "LicenseRef-All-Rights-Reserved"},
    "servers": [{"url": "/", "description": "This installation, in production or under test", "x-internal": False}],
}
"""What FastAPI is told of every service."""
HEALTH: Final = "health"
"""The tag of operations about the process, which need no token."""
DEFINITIONS: Final = "x-definitions"
"""Where an operation carries the schemas that its own refer to, until the document is completed."""
_DEFAULT: Final = "Successful Response"
_REF: Final = "#/components/schemas/{model}"


def operation_id(route: APIRoute) -> str:
    """The name of the endpoint, which is unique within a service."""
    return route.name


def described_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The groups of operations."""
    every = {**tags, HEALTH: "Whether the process runs and can do its work; no token is needed"}
    return [{"name": name, "description": description} for name, description in sorted(every.items())]


def completed(app: FastAPI) -> dict[str, Any]:
    """The document of the app; made once."""
    if app.openapi_schema is None:
        schema = FastAPI.openapi(app)
        _complete(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def body_of(adapter: TypeAdapter[Any], **examples: Any) -> dict[str, Any]:
    """The part of an operation that documents a body which its endpoint reads by itself, for `openapi_extra`."""
    schema = adapter.json_schema(ref_template=_REF)
    definitions = schema.pop("$defs", {})
    for field in schema.get("properties", {}).values():
        if "title" in field.get("items", ()):
            field["items"] = _named(field["items"], definitions)
    content = {"schema": _named(schema, definitions), **{name: value for name, value in examples.items() if value}}
    return {
        "requestBody": {"required": True, "content": {"application/json": content}},
        DEFINITIONS: definitions,
    }


def table_body_of(name: str, description: str, example: str) -> dict[str, Any]:
    """The part of an operation that documents a body which is a table (`table_body`), for `openapi_extra`. The example
    is one of CSV."""
    definitions: dict[str, Any] = {}
    most = {"type": "string", "maxLength": MAX_BODY_BYTES}
    text = {"title": f"{name}AsCsv", "description": f"CSV in UTF-8; {description}", **most}
    book = {"title": f"{name}AsXlsx", "description": f"The first sheet of a workbook; {description}", **most}
    content = {
        CSV: {"schema": _named(text, definitions), "example": example},
        XLSX: {
            "schema": _named({**book, "contentMediaType": XLSX}, definitions),
            "example": "PK, and what follows in a zip file",
        },
    }
    return {"requestBody": {"required": True, "content": content}, DEFINITIONS: definitions}


def _named(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A reference to the schema, which is put among the definitions by its title."""
    name = schema["title"]
    definitions[name] = schema
    return {"$ref": _REF.format(model=name)}


def _complete(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    components["securitySchemes"] = {
        BEARER.scheme_name: BEARER.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    }
    for operation in _operations(document):
        schemas.update(operation.pop(DEFINITIONS, {}))
        if "security" in operation:
            operation["security"] = alternatives(_scopes_of(operation))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_problem_schemas())
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            describe_nullable(field)
    for read in _reads(document):
        document_tag(read)
    for operation in _operations(document):
        _complete_operation(operation, schemas)
    components["headers"] = {name: HEADERS[name] for name in sorted(_sent(document))}


def _scopes_of(operation: Mapping[str, Any]) -> list[str]:
    return [scope for requirement in operation["security"] for scope in requirement[BEARER.scheme_name]]


def _sent(document: Mapping[str, Any]) -> set[str]:
    """The headers that any answer has."""
    return {
        name
        for operation in _operations(document)
        for answer in operation["responses"].values()
        for name in answer["headers"]
    }


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        yield from operations.values()


def _reads(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every GET but those of health."""
    for operations in document["paths"].values():
        if "get" in operations and HEALTH not in operations["get"].get("tags", ()):
            yield operations["get"]


def _complete_operation(operation: dict[str, Any], schemas: Mapping[str, dict[str, Any]]) -> None:
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter)
    is_public = not operation.setdefault("security", [])
    if HEALTH not in operation.get("tags", ()):
        _add_problems(operation["responses"], with_body="requestBody" in operation, is_public=is_public)
    operation["responses"] = {
        status: with_common_headers(answer) for status, answer in sorted(operation["responses"].items())
    }
    for answer in operation["responses"].values():
        _describe(answer, schemas)
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in body.get("content", {}).values():
            add_example(content, schemas)


def _describe(answer: dict[str, Any], schemas: Mapping[str, dict[str, Any]]) -> None:
    """Say what the answer is, where FastAPI says no more than that there is one."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    if answer["description"] == _DEFAULT and "$ref" in schema:
        answer["description"] = schemas[schema["$ref"].rpartition("/")[2]]["description"]


def _complete_parameter(parameter: dict[str, Any]) -> None:
    describe_nullable(parameter["schema"])
    parameter["schema"] = without_null(parameter["schema"])
    parameter.setdefault("description", parameter["schema"].get("description", ""))


def _add_problems(answers: dict[str, Any], *, with_body: bool, is_public: bool) -> None:
    """What any operation may answer; FastAPI's own form of 422 is never sent."""
    if MEDIA_TYPE not in answers.get("422", {}).get("content", {}):
        answers.pop("422", None)
    for status, answer in common_answers(with_body=with_body, is_public=is_public).items():
        answers[status] = joined(answer, answers[status]) if status in answers else answer


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_REF)
    return {**schema.pop("$defs"), "Problem": schema}

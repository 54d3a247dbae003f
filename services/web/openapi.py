"""The OpenAPI document: FastAPI's own, completed by what each error looks like and by the schemas of hot routes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from services.web.auth import BEARER, alternatives
from services.web.problems import MEDIA_TYPE, Problem

_DEFINITIONS = "x-definitions"
"""Where an operation carries the schemas that its own refer to, until the document is completed."""
_REF = "#/components/schemas/{model}"
_PROBLEMS = {
    "4XX": "What is wrong, and the remedy: the same request again gets the same answer",
    "5XX": "Not the client's fault: send the same request again, after Retry-After seconds where it says so",
}


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
    content = {"schema": schema, **{name: value for name, value in examples.items() if value}}
    return {
        "requestBody": {"required": True, "content": {"application/json": content}},
        _DEFINITIONS: definitions,
    }


def _complete(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {
        BEARER.scheme_name: BEARER.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    }
    schemas = components.setdefault("schemas", {})
    for operations in schema["paths"].values():
        for operation in operations.values():
            schemas.update(operation.pop(_DEFINITIONS, {}))
            if "security" in operation:
                operation["security"] = alternatives(_scopes_of(operation))
            if "health" not in operation.get("tags", ()):
                _add_problems(operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_problem_schemas())


def _scopes_of(operation: dict[str, Any]) -> list[str]:
    return [scope for requirement in operation["security"] for scope in requirement[BEARER.scheme_name]]


def _add_problems(operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)  # FastAPI's own form of it, which is never sent
    operation["responses"].update({status: _problem(description) for status, description in _PROBLEMS.items()})


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_REF)
    return {**schema.pop("$defs"), "Problem": schema}

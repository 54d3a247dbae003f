"""The app factory: a FastAPI app that answers errors, health and metrics the same way in every service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI

from services.runtime import Runtime
from services.web.health import health_routes
from services.web.middleware import RequestMiddleware
from services.web.problems import MEDIA_TYPE, Problem, install_problems

_PROBLEMS = {
    "4XX": "What is wrong, and the remedy: the same request again brings the same answer",
    "5XX": "Not your fault: send the same request again, after Retry-After seconds where it says so",
}


def build_app(runtime: Runtime, *, title: str, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """An app of the given routers, with health, metrics and documentation."""
    app = FastAPI(
        title=title,
        version="1",
        openapi_url="/openapi.json",
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # asked for anew at each request
    )
    app.state.runtime = runtime
    for router in (*routers, health_routes(runtime)):
        # As include_router does, without a second search for the route within the router of each request.
        app.router.routes.extend(router.routes)
    install_problems(app)
    app.add_middleware(RequestMiddleware, metrics=runtime.metrics)
    app.openapi = lambda: _completed(app)  # type: ignore[method-assign]  # how FastAPI says to extend it
    return app


def _completed(app: FastAPI) -> dict[str, Any]:
    """FastAPI's schema, saying also that routes under /v1 want a token, and how each error looks."""
    schema = FastAPI.openapi(app)
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "JWT access token (RFC 9068)"}
    }
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_problem_schemas())
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            operation["security"] = [{"bearer": []}] if path.startswith("/v1/") else []
            if "health" in operation.get("tags", ()):
                continue
            operation["responses"].pop("422", None)  # FastAPI's own form of it, which is never sent
            operation["responses"].update({status: _problem(words) for status, words in _PROBLEMS.items()})
    return schema


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}

"""The app factory: a FastAPI app that answers errors, health and metrics the same way in every service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI

from services.runtime import Runtime
from services.web.health import health_routes
from services.web.middleware import Surroundings
from services.web.problems import Problem, install_problems

_PROBLEMS: dict[int | str, dict[str, object]] = {
    "4XX": {
        "model": Problem,
        "content": {"application/problem+json": {}},
        "description": "What is wrong, and the remedy",
    },
    "5XX": {
        "model": Problem,
        "content": {"application/problem+json": {}},
        "description": "Not your fault: try again",
    },
}


def build_app(runtime: Runtime, *, title: str, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """An app of the given routers, with health, metrics and documentation."""
    app = FastAPI(title=title, version="1", openapi_url="/openapi.json", redoc_url=None)
    app.state.runtime = runtime
    for router in routers:
        app.include_router(router, responses=_PROBLEMS)
    app.include_router(health_routes(runtime))
    install_problems(app)
    app.add_middleware(Surroundings, metrics=runtime.metrics)
    app.openapi = lambda: _with_bearer_tokens(app)  # type: ignore[method-assign]  # how FastAPI says to extend it
    return app


def _with_bearer_tokens(app: FastAPI) -> dict[str, Any]:
    """FastAPI's schema, saying that routes under /v1 want a token.

    FastAPI would say it by itself of a security dependency, and run that for each request to no end but this.
    """
    schema = FastAPI.openapi(app)
    schema.setdefault("components", {})["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "JWT access token (RFC 9068)"}
    }
    for path, operations in schema["paths"].items():
        for operation in operations.values() if path.startswith("/v1/") else ():
            operation["security"] = [{"bearer": []}]
    return schema

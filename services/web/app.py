"""The app factory: a FastAPI app that answers errors, health and metrics the same way in every service."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from services.runtime import Runtime
from services.web.auth import documented
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
        app.include_router(router, responses=_PROBLEMS, dependencies=[documented()])
    app.include_router(health_routes(runtime))
    install_problems(app)
    app.add_middleware(Surroundings, metrics=runtime.metrics)
    return app

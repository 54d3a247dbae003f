"""The app factory: a FastAPI app that answers errors, health and metrics the same way in every service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from services.runtime import AnyRuntime
from services.web import openapi
from services.web.asyncapi import asyncapi_router
from services.web.health import health_router
from services.web.hot_route import match_first
from services.web.middleware import RequestMiddleware
from services.web.problem_pages import problem_router
from services.web.problems import install_problems
from services.web.strict_route import StrictRoute
from services.web.turns import Turns


def build_app(
    runtime: AnyRuntime,
    *,
    title: str,
    description: str = "Health and metrics of a process.",
    tags: Mapping[str, str] = MappingProxyType({}),
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """An app of the given routers, with health, metrics and documentation. Routes are tried in the order of routers.

    `tags` says what each group of its operations is about.
    """
    app = FastAPIOffline(
        title=title,
        description=description,
        version="1",
        openapi_tags=openapi.described_tags(tags),
        **openapi.ABOUT,
        openapi_url="/openapi.json",
        redoc_url=None,
        redirect_slashes=False,
        static_url="/docs/assets",
        telemetry={"tracing": False, "metrics": False, "logs": False},  # else asked for anew at each request
    )
    app.state.runtime = runtime
    app.state.large_bodies = Turns()
    app.state.stopping = asyncio.Event()
    for router in routers:
        assert issubclass(router.route_class, StrictRoute)  # noqa: S101 - see there what others would let pass
    for router in (*routers, health_router, problem_router, asyncapi_router):
        app.router.routes += router.routes  # as they are: included, each would be made anew for each app
    match_first(app, routers)
    install_problems(app)
    app.add_middleware(RequestMiddleware, metrics=runtime.metrics)
    app.openapi = lambda: openapi.completed(app)  # type: ignore[method-assign]  # how FastAPI says to extend it
    return app

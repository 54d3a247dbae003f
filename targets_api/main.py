"""The HTTP process of the targets service."""

from __future__ import annotations

from fastapi import FastAPI

from services.runtime import Runtime
from services.web.app import build_app
from targets_api.progress.reader import ProgressReads
from targets_api.progress.routes import progress_routes
from targets_api.targets.routes import baseline_routes, target_routes


def create_app(runtime: Runtime) -> FastAPI:
    """The app on this runtime."""
    database, clock = runtime.database, runtime.clock
    return build_app(
        runtime,
        title="Targets",
        routers=[
            progress_routes(
                ProgressReads(database, clock), clock
            ),  # routes are tried in transition: the hot ones first
            target_routes(database, clock),
            baseline_routes(database, clock),
        ],
    )

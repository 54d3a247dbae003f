"""The HTTP process of the targets service."""

from __future__ import annotations

from fastapi import FastAPI

from services.runtime import AnyRuntime
from services.web.app import build_app
from targets_api.progress import routes as progress
from targets_api.progress.reader import ProgressReader
from targets_api.targets import routes as targets


def create_app(runtime: AnyRuntime) -> FastAPI:
    """The app on this runtime."""
    app = build_app(runtime, title="Targets", routers=[progress.router, targets.router])
    app.state.progress_reader = ProgressReader(runtime.database, runtime.clock)
    return app

"""The HTTP process of the targets service."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import FastAPI

from services.holidays import calendar_of
from services.runtime import AnyRuntime
from services.web.app import build_app
from services.web.sse.feed import Feed
from targets_api.allocation import routes as allocation
from targets_api.calendars import routes as calendars
from targets_api.curves import routes as curves
from targets_api.drilldowns import routes as drilldowns
from targets_api.imports import routes as imports
from targets_api.metrics import routes as metrics
from targets_api.policies import routes as policies
from targets_api.progress import routes as progress
from targets_api.progress.series import routes as series
from targets_api.progress.stream import routes as stream
from targets_api.progress.stream.changes import ProgressLog
from targets_api.rankings import routes as rankings
from targets_api.remembering.answers import Answers
from targets_api.targets import routes as targets

_ABOUT: Final = "For dashboards: set targets, and read how far they have come."
_TAGS: Final = {
    "policies": "When a target counts as behind, and which days count",
    "progress": "What was signed up, coverage, and the pace of targets",
    "targets": "Targets, and the baselines that stocks are counted from",
}


def create_app(runtime: AnyRuntime) -> FastAPI:
    """The app on this runtime. The holidays are loaded before the first request: it would wait a second for them."""
    calendar_of([runtime.clock.today()])
    of_targets = [targets.router, imports.router, allocation.router]
    of_owners = [progress.router, series.router, drilldowns.router, curves.router, rankings.router]
    of_progress = [*of_owners, stream.router, metrics.router]
    routers = [*of_progress, *of_targets, policies.router, calendars.router]
    app = build_app(runtime, title="Targets", description=_ABOUT, tags=_TAGS, routers=routers)
    confirmed_every = timedelta(seconds=runtime.settings.reconcile_seconds)
    app.state.answers = Answers(runtime.database, runtime.clock, confirmed_every)
    app.state.feed = Feed(runtime.database, ProgressLog(runtime.clock), runtime.metrics, app.state.stopping)
    return app

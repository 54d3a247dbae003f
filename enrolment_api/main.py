"""The HTTP process: everything wired together."""

from __future__ import annotations

from fastapi import FastAPI

from enrolment_api.contributions.rates import load_rates
from enrolment_api.enrolments import routes as enrolments
from enrolment_api.enrolments.recorder import Recorder
from enrolment_api.registry import routes as registry
from enrolment_api.settings import EnrolmentSettings
from services.runtime import Runtime
from services.web.app import build_app


def create_app(runtime: Runtime[EnrolmentSettings]) -> FastAPI:
    """The enrolment API on a runtime."""
    app = build_app(runtime, title="Enrolment", routers=[enrolments.router, registry.router])
    app.state.recorder = Recorder(runtime.database, runtime.clock, load_rates(), runtime.settings.household_order)
    return app

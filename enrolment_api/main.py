"""The HTTP process: everything wired together."""

from __future__ import annotations

from fastapi import FastAPI

from enrolment_api.contributions.rates import load_rates
from enrolment_api.enrolments.routes import enrolment_routes
from enrolment_api.enrolments.usecases import RecordSignUps
from enrolment_api.registry.routes import registry_routes
from enrolment_api.registry.usecases import RegistryDesk
from services.ids import new_id
from services.runtime import Runtime
from services.web.app import build_app


def create_app(runtime: Runtime) -> FastAPI:
    """The enrolment API on a runtime."""
    record = RecordSignUps(runtime.database, runtime.clock, load_rates(), new_id)
    routers = [
        enrolment_routes(runtime.database, record),
        registry_routes(runtime.database, RegistryDesk(runtime.database, runtime.clock)),
    ]
    return build_app(runtime, title="Enrolment", routers=routers)

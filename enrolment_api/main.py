"""The HTTP process: everything wired together."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from enrolment_api.audit import routes as audit
from enrolment_api.audit.trail import Trail
from enrolment_api.cases import routes as cases
from enrolment_api.cases.metrics import MismatchMetrics
from enrolment_api.changes import case_statistics
from enrolment_api.changes import routes as changes
from enrolment_api.contributions.rates import load_rates
from enrolment_api.enrolments import routes as enrolments
from enrolment_api.enrolments import search
from enrolment_api.enrolments.recorder import Recorder
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.people.queries import keys_check
from enrolment_api.quotes import routes as quotes
from enrolment_api.registry import routes as registry
from enrolment_api.renewals import routes as renewals
from enrolment_api.settings import EnrolmentSettings
from services.runtime import Runtime
from services.security.keys import load_secret_keys
from services.web.app import build_app

_ABOUT: Final = "For partners: record sign-ups for health and social insurance. For the agency: keep the registry."
_TAGS: Final = {
    "enrolments": "Sign-ups of the own organisation",
    "changes": "Submission, decision of the agency, correction, cancellation",
    "identity cases": "Sign-ups that name another person than their personal ID is known for, for the agency",
    "audit": "Who was shown personal data in clear, for the agency",
    "quotes": "What would be payable, for whoever asks: no token is needed",
    "renewals": "Cover that runs out",
    "registry": "Units, organisations and collectors, kept by the agency",
}


def create_app(runtime: Runtime[EnrolmentSettings]) -> FastAPI:
    """The enrolment API on a runtime."""
    app = build_app(
        runtime,
        title="Enrolment",
        description=_ABOUT,
        tags=_TAGS,
        routers=[
            enrolments.router,
            search.router,
            changes.router,
            case_statistics.router,
            cases.router,
            audit.router,
            renewals.router,
            quotes.router,
            registry.router,
        ],
    )
    app.state.rates = load_rates(runtime.settings.rates_file)
    keys = PeopleKeys(load_secret_keys(runtime.settings))
    runtime.checks["keys"] = keys_check(runtime, keys)
    app.state.people_keys = keys
    app.state.recorder = Recorder(runtime, app.state.rates, keys)
    app.state.audit = Trail(runtime)
    runtime.metrics.own(MismatchMetrics)  # there before the first, which would be no increase else
    return app

"""The HTTP process of notifications."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from notifications.action_links import routes as action_links
from notifications.action_links.forgery import FormProofs
from notifications.alerts import routes as alerts
from notifications.alerts.stream import routes as stream
from notifications.alerts.stream.changes import AlertLog
from notifications.causes import routes as causes
from notifications.channels.answer_links import AnswerLinks
from notifications.channels.registry import new_secret
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.templates import check_templates
from notifications.deliveries import routes as deliveries
from notifications.digests import routes as digests
from notifications.escalations import routes as escalations
from notifications.handling import routes as handling
from notifications.inhibitions import routes as inhibitions
from notifications.plans import routes as plans
from notifications.recipients import routes as recipients
from notifications.routing import routes as routing
from notifications.routing.channels import channels_check
from notifications.routing.secrets import RouteSecrets
from notifications.routing.trials import RouteTester
from notifications.settings import NotificationsSettings
from notifications.silences import routes as silences
from notifications.statistics import routes as statistics
from services.runtime import Runtime
from services.security.keys import load_secret_keys
from services.web.app import build_app
from services.web.sse.feed import Feed

_ABOUT: Final = (
    "For those who act on alerts: read and acknowledge them, report causes and remedies, and choose who is notified."
)
_TAGS: Final = {
    "alerts": "Targets that lag behind, as work for people",
    "routes": "Who is notified, and how",
    "escalations": "Who is notified of alerts that nobody acts on in time",
    "silences": "Of what nobody is notified, though it is raised and shown",
    "digests": "What areas look like, told by the day or the week",
    "deliveries": "What was sent to whom, with each attempt",
}
_ROUTERS: Final = (
    statistics.router,
    stream.router,
    alerts.router,
    handling.router,
    causes.router,
    routing.router,
    recipients.router,
    plans.router,
    escalations.router,
    silences.router,
    inhibitions.router,
    digests.router,
    deliveries.router,
)


def create_app(runtime: Runtime[NotificationsSettings]) -> FastAPI:
    """Alerts, routes and deliveries over HTTP."""
    app = build_app(
        runtime,
        title="Notifications",
        description=_ABOUT,
        tags=_TAGS,
        routers=_ROUTERS,
    )
    check_templates(runtime.settings)
    runtime.checks["channels"] = channels_check(runtime)
    keys = load_secret_keys(runtime.settings)
    secrets = SigningSecrets(keys)
    app.state.route_secrets = RouteSecrets(secrets, new_secret)
    app.state.route_tester = RouteTester(runtime.settings, secrets, runtime.clock)
    app.state.answer_links, app.state.form_proofs = AnswerLinks(keys), FormProofs(keys)
    app.state.feed = Feed(runtime.database, AlertLog(runtime.clock), runtime.metrics, app.state.stopping)
    app.include_router(action_links.router)
    return app

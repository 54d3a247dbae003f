"""The HTTP process of notifications."""

from __future__ import annotations

from fastapi import FastAPI

from notifications.alerts.routes import alert_routes
from notifications.channels.webhook.resolver import look_up
from notifications.deliveries.routes import delivery_routes
from notifications.routing.routes import routing_routes
from notifications.routing.usecases import Routing
from services.ids import new_id
from services.runtime import Runtime
from services.security.keys import load_secret_keys
from services.security.sealing import SecretBox
from services.web.app import build_app


def create_app(runtime: Runtime) -> FastAPI:
    """Alerts, routes and deliveries over HTTP."""
    database, clock, settings = runtime.database, runtime.clock, runtime.settings
    routing = Routing(database, SecretBox(load_secret_keys(settings)), settings.webhook_allow, look_up)
    return build_app(
        runtime,
        title="Notifications",
        routers=[
            alert_routes(database, clock, new_id),
            routing_routes(database, clock, routing),
            delivery_routes(database, clock),
        ],
    )

"""Errors of routes."""

from __future__ import annotations

from services.errors import Conflict, NotFound


class NoSuchRoute(NotFound):
    """There is no route of this name."""

    code = "no-such-route"
    title = "There is no such route"
    remedy = "Check the name: `GET /v1/routes` lists them."


class NotAWebhook(Conflict):
    """The route's channel does not sign."""

    code = "not-a-webhook"
    title = "The route is no webhook"
    remedy = "Only webhooks have a secret: nothing is to be rotated."

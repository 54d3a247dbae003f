"""The language and the errors of routes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from services.errors import Conflict, NotFound

Language: TypeAlias = Literal["vi", "en", "both"]
"""Of the texts that people read; `both`: Vietnamese, and English below it."""


class NoSuchRoute(NotFound):
    """There is no route of this name."""

    code = "no-such-route"
    title = "There is no such route"
    remedy = "Check the name: `GET /v1/routes` lists them."


class ChannelNotSetUp(Conflict):
    """The route's channel lacks a setting, so that nobody would get what is sent to it."""

    code = "channel-not-set-up"
    title = "Nothing can be sent by this channel"
    remedy = "An operator has to give the setting that `detail` names to all processes of notifications."


class NotAWebhook(Conflict):
    """The route's channel does not sign."""

    code = "not-a-webhook"
    title = "The route is no webhook"
    remedy = "Only webhooks have a secret: nothing is to be rotated."

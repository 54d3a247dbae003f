"""The language and the errors of routes, and how often one may be tested. Pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from services.errors import Conflict, NotFound, TooMany

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


class RouteInUse(Conflict):
    """A chain of escalation or a digest names the route: without it, a step would notify nobody, or nobody would get
    the digest."""

    code = "route-in-use"
    title = "The route is named by a chain of escalation or a digest"
    remedy = "Put the chains and digests that `detail` names with another route, or remove them; then send this again."


class NotAWebhook(Conflict):
    """The route's channel does not sign."""

    code = "not-a-webhook"
    title = "The route is no webhook"
    remedy = "Only webhooks have a secret: nothing is to be rotated."


BETWEEN_TESTS: Final = timedelta(seconds=10)


class JustTested(TooMany):
    """The route was tested moments ago."""

    code = "just-tested"
    title = "The route was tested just now"
    remedy = "Test it again after `Retry-After` seconds."

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


def check_testable(name: str, tested_at: datetime | None, now: datetime) -> None:
    """Raises JustTested within BETWEEN_TESTS of another test: of two that are asked for at once, the one that is noted
    second may have begun first. One that is later still was noted by a clock that was wrong, and holds up nothing."""
    since = abs(now - tested_at) if tested_at else BETWEEN_TESTS
    if since < BETWEEN_TESTS:
        wait = math.ceil((BETWEEN_TESTS - since).total_seconds())
        raise JustTested(f"the route {name} was tested just now: test it again in {wait} s", wait)

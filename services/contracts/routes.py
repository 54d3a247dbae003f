"""Routes of notifications. What is told of them goes to the receiver of the route alone."""

from __future__ import annotations

from typing import ClassVar, Literal

from services.contracts.envelope import Code, Event, Facts, fact
from services.contracts.sources import NOTIFICATIONS_SOURCE


class RouteTestFacts(Facts):
    """Which route was tested."""

    route: Code = fact("Name of the route", "ops-hook")


class RouteTested(Event):
    """Somebody has tested a route: nothing is to be done. It goes to the webhook of that route, never to the broker."""

    is_published: ClassVar[bool] = False
    type: Literal["drive.route.tested.v1"] = "drive.route.tested.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: RouteTestFacts

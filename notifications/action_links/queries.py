"""What the page is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from notifications.alerts.queries import find_alert
from notifications.causes.queries import choosable_causes, often_reported
from notifications.channels.answer_links import AnswerLinks
from notifications.domain.alert import NoSuchAlert
from notifications.domain.answer_link import AnswerLink, LinkRevoked, NoSuchLink
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.routing.queries import find_route
from notifications.tables.causes import CauseRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession

_MOST_CAUSES: Final = 400
_OFTEN: Final = 8


@dataclass(frozen=True, slots=True)
class Found:
    """The alert of a link, the causes that can be reported of it, and which of them are reported often."""

    alert: AlertSnapshot
    causes: Sequence[CauseRow]
    often: Sequence[str]


async def route_of_link(session: ReadSession, link: AnswerLink, links: AnswerLinks) -> RouteRow:
    """The route that the link was sent to. Raises LinkRevoked."""
    route = await find_route(session, link.route_name)
    if route is None:
        raise LinkRevoked("the route that the link was sent to was removed")
    if not links.is_for(link, route.address):
        raise LinkRevoked("the route that the link was sent to has another address now")
    return route


async def find_answered(session: ReadSession, link: AnswerLink) -> Found:
    """Raises NoSuchLink where the alert is no more."""
    try:
        alert = await find_alert(session, link.alert_id)
    except NoSuchAlert as error:
        raise NoSuchLink("the alert of the link is no more") from error
    often = await often_reported(session, _OFTEN)
    return Found(alert, await choosable_causes(session, often, _MOST_CAUSES), often)

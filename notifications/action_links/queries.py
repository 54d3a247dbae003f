"""What the page is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.alerts.queries import find_alert
from notifications.causes.queries import list_causes
from notifications.channels.answer_links import AnswerLinks
from notifications.domain.alert import NoSuchAlert
from notifications.domain.answer_link import AnswerLink, LinkRevoked, NoSuchLink
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.routing.queries import find_route
from notifications.tables.causes import CauseRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession

_MOST_CAUSES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """The alert of a link, and the causes that can be reported of it."""

    alert: AlertSnapshot
    causes: Sequence[CauseRow]


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
    return Found(alert, await list_causes(session, None, _MOST_CAUSES))

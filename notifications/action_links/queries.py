"""What the page is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Integer, bindparam, func, select

from notifications.alerts.queries import find_alert
from notifications.causes.queries import choosable_causes
from notifications.channels.answer_links import AnswerLinks
from notifications.domain.alert import NoSuchAlert
from notifications.domain.answer_link import AnswerLink, LinkRevoked, NoSuchLink
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.routing.queries import find_route
from notifications.tables.causes import CauseRow
from notifications.tables.reports import AlertCauseRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of

_MOST_CAUSES: Final = 400
_OFTEN: Final = 8
_reported = table_of(AlertCauseRow).c
_newest = (
    select(_reported.code)
    .order_by(_reported.alert_id.desc(), _reported.version.desc(), _reported.place.desc())
    .limit(2_000)
    .subquery()
)
OFTEN: Final = (
    select(_newest.c.code)
    .group_by(_newest.c.code)
    .order_by(func.count().desc(), _newest.c.code)
    .limit(bindparam("most", type_=Integer))
)
"""Codes of the causes that are reported most often of late, the most frequent one first: of what was reported of the
newest alerts, so that it takes no longer with years of reports."""


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
    often = (await session.scalars(OFTEN, {"most": _OFTEN})).all()
    return Found(alert, await choosable_causes(session, often, _MOST_CAUSES), often)

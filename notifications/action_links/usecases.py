"""Answer an alert by a link: through the same use-cases as the API, in the name of whoever it was sent to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from notifications.action_links.queries import route_of_link
from notifications.channels.answer_links import AnswerLinks
from notifications.domain.answer_link import ANSWERS_WITHIN, AnswerLink, check_rate, subject_of
from notifications.domain.report import Cause, Plan
from notifications.domain.terms import Terms
from notifications.handling.usecases import Seen, acknowledge, report_alert
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.tables.routing import RouteRow
from notifications.timeline.queries import count_by
from services.context import Actor, Context
from services.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody acts on the alert, as it was at this version."""

    version: int
    name: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Why the target lags, and what is done about it, as of this version."""

    version: int
    name: str
    causes: Sequence[Cause]
    plans: Sequence[Plan]


@dataclass(frozen=True, slots=True)
class Answering:
    """Who reads links, and how long things may take."""

    links: AnswerLinks
    terms: Terms


async def answer(
    work: UnitOfWork, context: Context, link: AnswerLink, given: Acknowledgement | Report, by: Answering
) -> AlertSnapshot:
    """The alert, acknowledged or reported on.

    Raises LinkRevoked, TooManyAnswers, Invalid, NoSuchAlert, AlreadyResolved, AlreadyAcknowledged, StaleVersion.
    """
    route = await route_of_link(work, link, by.links)
    since = context.at - ANSWERS_WITHIN
    check_rate(await count_by(work, link.alert_id, subject_of(link.route_name), since))
    seen, acting = Seen(link.alert_id, given.version), _as(context, route, given.name)
    match given:
        case Acknowledgement():
            return await acknowledge(work, acting, seen, given.note, by.terms)
        case Report():
            return await report_alert(work, acting, seen, given.causes, given.plans, by.terms)


def _as(context: Context, route: RouteRow, name: str) -> Context:
    """Nobody knows who answers but by the name that they give. What they belong to is the organisation that the route
    is for; where that is none, the route stands in its place."""
    organisation = route.organisation_code or route.name
    return replace(context, actor=Actor(organisation, subject_of(route.name), frozenset(), name))

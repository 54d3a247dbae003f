"""The figures of alerts' changes before, for the pictures of their ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text

from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.gravest import charted
from notifications.messages.outgoing_message import OutgoingMessage
from services.contracts.pace import PaceFigures
from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession, UnitOfWork


class Reported(NamedTuple):
    """What an alert's figures were at one of its versions."""

    alert_id: UUID
    version: int
    figures: Mapping[str, Any]


COURSE: Final = Query(
    Reported,
    text("""
    SELECT DISTINCT ON (alert_id, alert_version) alert_id, alert_version AS version, alert -> 'figures' AS figures
    FROM deliveries WHERE alert_id = ANY(:alert_ids) ORDER BY alert_id, alert_version
"""),
)
"""The figures of alerts at each version of which a delivery to any route was queued."""


async def with_courses(work: UnitOfWork, messages: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
    """Messages whose charted alerts have the figures of their changes before, which never differ from one attempt to
    the next."""
    courses = await courses_of(work, [each.alert for message in messages for each in charted(message.notices)])
    return [_with_course(message, courses) for message in messages]


async def courses_of(session: ReadSession, alerts: Sequence[AlertSnapshot]) -> dict[UUID, list[Reported]]:
    """The figures of alerts at each of their versions of which a route was told."""
    ids = {alert.id for alert in alerts}
    found: dict[UUID, list[Reported]] = {alert_id: [] for alert_id in ids}
    for each in await session.all(COURSE, {"alert_ids": list(ids)}) if ids else ():
        found[each.alert_id].append(each)
    return found


def course_before(alert: AlertSnapshot, courses: Mapping[UUID, Sequence[Reported]]) -> tuple[PaceFigures, ...]:
    """The figures before the version that is shown, the oldest first."""
    before = (each for each in courses.get(alert.id, ()) if each.version < alert.version)
    return tuple(figures for each in before if (figures := _figures(each)))


def _with_course(message: OutgoingMessage, courses: Mapping[UUID, Sequence[Reported]]) -> OutgoingMessage:
    notices = (replace(each, course=course_before(each.alert, courses)) for each in message.notices)
    return replace(message, notices=tuple(notices))


def _figures(reported: Reported) -> PaceFigures | None:
    """None where they cannot be read: a chart without them is better than no message."""
    try:
        return PaceFigures.model_validate(reported.figures)
    except ValidationError:
        return None

"""The figures of an alert's changes before, for the picture of its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from pydantic import ValidationError

from notifications.deliveries import sql
from notifications.deliveries.sql import Reported
from notifications.messages.outgoing_message import OutgoingMessage
from services.contracts.pace import PaceFigures
from services.persistence.unit_of_work import UnitOfWork


async def with_courses(work: UnitOfWork, messages: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
    """Messages of one alert with the figures of its changes before, which never differ from one attempt to the next."""
    alerts = {message.notices[0].alert.id for message in messages if len(message.notices) == 1}
    found: dict[UUID, list[Reported]] = defaultdict(list)
    for each in await work.all(sql.COURSE, {"alert_ids": list(alerts)}) if alerts else ():
        found[each.alert_id].append(each)
    return [_with_course(message, found) for message in messages]


def _with_course(message: OutgoingMessage, found: Mapping[UUID, Sequence[Reported]]) -> OutgoingMessage:
    notice, *others = message.notices
    if others:
        return message
    before = [each for each in found.get(notice.alert.id, ()) if each.version < notice.alert.version]
    course = tuple(figures for each in before if (figures := _figures(each)))
    return replace(message, notices=(replace(notice, course=course),))


def _figures(reported: Reported) -> PaceFigures | None:
    """None where they cannot be read: a chart without them is better than no message."""
    try:
        return PaceFigures.model_validate(reported.figures)
    except ValidationError:
        return None

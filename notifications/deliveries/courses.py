"""The figures of alerts' changes before, for the pictures of their ways."""

from __future__ import annotations

from collections import defaultdict
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
from services.persistence.unit_of_work import UnitOfWork


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
    alerts = {notice.alert.id for message in messages for notice in charted(message.notices)}
    found: dict[UUID, list[Reported]] = defaultdict(list)
    for each in await work.all(COURSE, {"alert_ids": list(alerts)}) if alerts else ():
        found[each.alert_id].append(each)
    return [_with_course(message, found) for message in messages]


def _with_course(message: OutgoingMessage, found: Mapping[UUID, Sequence[Reported]]) -> OutgoingMessage:
    notices = (replace(each, course=_course(each.alert, found.get(each.alert.id, ()))) for each in message.notices)
    return replace(message, notices=tuple(notices))


def _course(alert: AlertSnapshot, found: Sequence[Reported]) -> tuple[PaceFigures, ...]:
    before = (each for each in found if each.version < alert.version)
    return tuple(figures for each in before if (figures := _figures(each)))


def _figures(reported: Reported) -> PaceFigures | None:
    """None where they cannot be read: a chart without them is better than no message."""
    try:
        return PaceFigures.model_validate(reported.figures)
    except ValidationError:
        return None

"""Statements that queue what a route was not told. Whoever runs them holds CLAIMS and ROUTES."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from notifications.alerts.columns import AlertColumns
from notifications.domain.alert import ChangeKind
from notifications.recipients.sql import LOOK_FOR_REMINDERS, QUEUE, UNTOLD
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork


class News(NamedTuple):
    """What a route is told of an alert, in which group, and when."""

    alert_id: UUID
    change: ChangeKind
    group_code: str
    due_at: datetime


async def untold(work: UnitOfWork, route_name: str) -> list[AlertColumns]:
    """The unresolved alerts of which the route was not told, by id."""
    return await work.all(UNTOLD, {"route": route_name})


async def queue(
    work: UnitOfWork, route_name: str, news: Sequence[News], *, queued_at: datetime, correlation_id: str
) -> None:
    """Queue a delivery of each."""
    if not news:
        return
    alert_ids, changes, groups, due = map(list, zip(*news, strict=True))
    rows = {"ids": [new_id() for _ in news], "alert_ids": alert_ids, "changes": changes, "groups": groups, "due": due}
    shared = {"route": route_name, "queued_at": queued_at, "correlation_id": correlation_id}
    await work.execute(QUEUE, rows | shared)


async def look_for_reminders(work: UnitOfWork, route_name: str, now: datetime) -> None:
    """The route is another: whether it is told again of what it knows, and when, is to be looked at."""
    await work.execute(LOOK_FOR_REMINDERS, {"route": route_name, "now": now})

"""Statements that queue reminders. Whoever runs them holds CLAIMS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from notifications.reminders.sql import DUE, FORGET_ATTEMPTS, KNOWN, LOOK, TELL_AGAIN, Known, Place
from services.ids import new_id
from services.persistence.unit_of_work import UnitOfWork

MOST: Final = 500
"""Deliveries that are looked at in one unit of work."""


async def due(work: UnitOfWork, now: datetime) -> list[Place]:
    """The groups of routes of which something is to be looked at."""
    return await work.all(DUE, {"now": now, "most": MOST})


async def known(work: UnitOfWork, until: Mapping[Place, datetime]) -> list[Known]:
    """What is to be looked at by then of each group."""
    routes, groups = map(list, zip(*until, strict=True))
    wanted = {"routes": routes, "groups": groups, "until": list(until.values())}
    return await work.all(KNOWN, wanted | {"most": MOST})


async def look_at(work: UnitOfWork, times: Mapping[UUID, datetime | None]) -> None:
    """When these deliveries are looked at next; None: not any more."""
    if times:
        await work.execute(LOOK, {"ids": list(times), "times": list(times.values())})


async def tell_again(
    work: UnitOfWork, due: Mapping[UUID, datetime], *, queued_at: datetime, correlation_id: str
) -> None:
    """Queue what these deliveries have told once more."""
    if due:
        await look_at(work, dict.fromkeys(due))
        rows = {"ids": list(due), "new_ids": [new_id() for _ in due], "due": list(due.values())}
        await work.execute(TELL_AGAIN, rows | {"queued_at": queued_at, "correlation_id": correlation_id})


async def forget_attempts(work: UnitOfWork, delivery_ids: Collection[UUID]) -> None:
    """Keep no attempts of these deliveries."""
    if delivery_ids:
        await work.execute(FORGET_ATTEMPTS, {"ids": list(delivery_ids)})

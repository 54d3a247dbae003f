"""Put and remove digests, and queue what was made of one that is due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import structlog

from notifications.deliveries.claims import lock_claims
from notifications.deliveries.digests import queue_digest
from notifications.digests import store
from notifications.digests.due import first_due, schedule_of
from notifications.domain.digest import Every, NoSuchDigest, Period, check_digest
from notifications.domain.hours import Weekday
from notifications.messages.digest_snapshot import DigestSnapshot
from notifications.registry.queries import registered_under
from notifications.routing.queries import find_route
from notifications.tables.digests import DigestRow
from notifications.tables.locks import ROUTES
from services.context import Context
from services.errors import Invalid
from services.persistence.changes import would_change
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PutDigest:
    """A digest as it is to be. `at` is a time of the day, such as 07:30."""

    name: str
    under: str | None
    route: str
    every: Every
    at: str
    on: Weekday | None = None
    days: list[Weekday] | None = None
    holidays: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """As they are stored, but for `under`."""
        times = {"every": self.every, "at": self.at, "on_day": self.on or "mon", "days": self.days}
        return {"route_name": self.route, "holidays": self.holidays, **times}


@dataclass(frozen=True, slots=True)
class DigestPut:
    """A digest as it is now."""

    row: DigestRow
    is_new: bool


@dataclass(frozen=True, slots=True)
class Made:
    """What a digest says, and the digest as it was when that was read."""

    row: DigestRow
    period: Period
    snapshot: DigestSnapshot


async def put_digest(work: UnitOfWork, context: Context, command: PutDigest, channels: Collection[str]) -> DigestPut:
    """Make the digest, or change it to this; the next one comes by the new times. One that is so already stays as it
    is. What is queued goes out. `channels` are those that carry digests. Raises Invalid, NotKnownYet."""
    check_digest(command.every, command.on, command.days)
    under = await registered_under(work, command.under)
    await take(work, ROUTES)
    before = await store.one_for_change(work, command.name)
    await _check_route(work, command.route, channels)
    schedule = schedule_of(before) if before else None
    values = {**command.values, "under": under}
    if before and not would_change(before, values):
        return DigestPut(before, is_new=False)
    values |= {"updated_at": context.at}
    times = {"created_at": context.at, "next_at": context.at}
    row = before.sqlmodel_update(values) if before else DigestRow(**values | times | {"name": command.name})
    if schedule != schedule_of(row):
        row.next_at = first_due(row, context.at)
    await work.add(row)
    log.info("digest_put", digest=row.name, next_at=row.next_at.isoformat(), is_new=before is None)
    return DigestPut(row, before is None)


async def remove_digest(work: UnitOfWork, _: Context, name: str) -> None:
    """Remove the digest; one that is queued goes out. Raises NoSuchDigest."""
    await take(work, ROUTES)
    if not await store.remove(work, name):
        raise NoSuchDigest(f"no digest has the name {name}")
    log.info("digest_removed", digest=name)


async def tell(work: UnitOfWork, context: Context, made: Made) -> bool:
    """Queue what was made, and wait for the next one; False where another worker has, or somebody has changed or
    removed the digest since it was made. A route that is disabled is told nothing: the next one covers this time, too.
    """
    await lock_claims(work)
    row = await store.one_for_change(work, made.row.name)
    if row is None or (row.next_at, row.updated_at) != (made.row.next_at, made.row.updated_at):
        return False
    route = await find_route(work, row.route_name)
    is_told = route is not None and route.disabled_at is None
    if route and is_told:
        await queue_digest(work, context, route, made.period.due_at, made.snapshot)
    row.next_at = made.period.next_at
    await work.add(row)
    log.info("digest_made", digest=row.name, route=row.route_name, is_told=is_told, next_at=row.next_at.isoformat())
    return True


async def _check_route(work: UnitOfWork, name: str, channels: Collection[str]) -> None:
    route = await store.kept_route(work, name)
    if route is None:
        raise Invalid.field("/route", f"no route {name} is there: put it first (`PUT /v1/routes/{name}`)")
    if route.channel not in channels:
        named = " or ".join(sorted(channels))
        raise Invalid.field(
            "/route", f"{name} is of the channel {route.channel}, which carries no digests: give a route of {named}"
        )

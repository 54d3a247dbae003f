"""Queue what is to be told, claim what is due, record_outcome what was tried, send again what a person wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from notifications.deliveries import store
from notifications.deliveries.schemas import AttemptView, DeliveryView
from notifications.deliveries.store import Capacity
from notifications.domain import delivery as rules
from notifications.domain.alert import ChangeKind
from notifications.domain.delivery import Outcome, Refused, Retry, Sent
from notifications.domain.recipients import Recipients, Route, recipients_of, recipients_of_the_end
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.routing import store as routes
from notifications.tables.deliveries import AttemptRow, DeliveryRow
from notifications.tables.routing import RouteRow
from services.errors import NotFound
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.vocabulary import Severity

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=180)
"""Longer than any channel may take for one delivery; see the channels' own limits."""


class NoSuchDelivery(NotFound):
    """There is no delivery with this id."""

    code = "no-such-delivery"
    title = "There is no such delivery"


@dataclass(frozen=True, slots=True)
class AlertChange:
    """A change of an alert that somebody may have to hear of; `alert` is the alert as it is to be told."""

    alert_id: UUID
    alert_version: int
    change: ChangeKind
    severity: Severity
    path: tuple[str, ...]
    alert: Mapping[str, Any]
    unreported: bool
    """Whether nobody was told of this severity before: the end, too, is then told to everybody it concerns."""


async def queue(work: UnitOfWork, news: Sequence[AlertChange], *, now: datetime, new_id: Callable[[], UUID]) -> None:
    """Queue a delivery of each piece of news for every route that is to hear of it."""
    if not news:
        return
    known = {row.name: row for row in await routes.all_routes(work)}
    notified_before = await store.notified_routes(work, {item.alert_id for item in news if item.change == "resolved"})
    rows = []
    for item in news:
        recipients = _recipients(item, list(map(_route, known.values())), notified_before)
        log.info("alert_told", alert=str(item.alert_id), change=item.change, **_reasons(recipients))
        rows += [_delivery(item, known[name], now, new_id()) for name in recipients.told]
    await store.insert_all(work, rows)


def _recipients(item: AlertChange, candidates: Sequence[Route], notified_before: Mapping[UUID, set[str]]) -> Recipients:
    concerned = recipients_of(candidates, item.path, item.severity)
    if item.change != "resolved":
        return concerned
    return recipients_of_the_end(
        candidates, notified_before[item.alert_id].union(concerned.told if item.unreported else ())
    )


def _reasons(recipients: Recipients) -> dict[str, object]:
    return {"routes": list(recipients.told), "excluded": {item.name: item.because for item in recipients.excluded}}


def _route(row: RouteRow) -> Route:
    return Route(
        name=row.name,
        under=row.under,
        min_severity=row.min_severity,
        disabled_because=row.disabled_reason,
    )


def _delivery(item: AlertChange, route: RouteRow, now: datetime, delivery_id: UUID) -> DeliveryRow:
    return DeliveryRow(
        id=delivery_id,
        alert_id=item.alert_id,
        alert_version=item.alert_version,
        change=item.change,
        alert=dict(item.alert),
        route_name=route.name,
        channel=route.channel,
        address=route.address,
        state="pending",
        attempts=0,
        queued_at=now,
        next_attempt_at=now,
    )


async def claim(database: Database, capacity: Capacity, now: datetime) -> list[OutgoingMessage]:
    """Take due deliveries in hand, and give up those whose sender has died."""
    async with database.write() as work:
        for delivery_id, attempt, channel in await store.expired(work, now):
            await _note(work, delivery_id, attempt, rules.of_interruption(channel), now)
        return await store.claim(work, capacity, now=now, until=now + LEASE)


async def record_outcome(database: Database, message: OutgoingMessage, outcome: Outcome, now: datetime) -> None:
    """Write down what came of an attempt, and what it tells of its route: that the receiver answers again, wants to be
    left alone for a while, or is gone."""
    async with database.write() as work:
        await _note(work, message.id, message.attempt, outcome, now)
        match outcome:
            case Sent():
                await store.end_waits(work, message.route_name, now)
            case Retry(_, after) if after:
                await routes.pause(work, message.route_name, message.address, now + rules.pause_of(after))
            case Refused(reason, gone=True):
                await routes.disable(work, message.route_name, message.address, reason=reason, now=now)


async def _note(work: UnitOfWork, delivery_id: UUID, attempt: int, outcome: Outcome, now: datetime) -> None:
    early, taken = await store.hold(work, delivery_id)
    step = rules.next_step(Sent() if taken else outcome, attempt, now, early=early)
    await store.record_outcome(work, delivery_id, attempt, step, now)
    name, detail = rules.name_of(outcome), rules.detail_of(outcome)
    await store.note_attempt(work, delivery_id, attempt, outcome=name, detail=detail, now=now)


async def send_again(work: UnitOfWork, delivery_id: UUID, now: datetime) -> DeliveryView:
    """A person wants it sent now, once more if need be; the delivery as it is then.

    Raises NoSuchDelivery, NotRetriable.
    """
    row = await store.one_for_change(work, delivery_id)
    if row is None:
        raise NoSuchDelivery(f"no delivery has the id {delivery_id}")
    route = await routes.one_for_change(work, row.route_name)
    has_newer = await store.has_newer(work, row)
    rules.check_retriable(row.state, has_route=bool(route and not route.disabled_at), has_newer=has_newer)
    row.state, row.next_attempt_at, row.leased_until = "pending", now, None
    await work.add(row)
    return _view(row, (await store.attempts_of(work, {row.id}))[row.id])


async def read_deliveries(
    session: ReadSession, wanted: store.DeliveryFilter, after: UUID | None, limit: int
) -> list[DeliveryView]:
    """Up to `limit` deliveries after the one with the id `after`, newest first, each with its attempts."""
    rows = await store.page(session, wanted, after, limit)
    attempts = await store.attempts_of(session, {row.id for row in rows})
    return [_view(row, attempts[row.id]) for row in rows]


def _view(row: DeliveryRow, attempts: Sequence[AttemptRow]) -> DeliveryView:
    shown = row.model_dump(include=set(DeliveryView.model_fields) - {"attempts"})
    return DeliveryView(**shown, attempts=[AttemptView.model_validate(attempt) for attempt in attempts])

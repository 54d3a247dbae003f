"""Queries on the deliveries: to queue, to claim, to settle, to read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from notifications.deliveries.tables import AttemptRow, DeliveryRow
from notifications.domain.alert import Change
from notifications.domain.delivery import Channel, State, Step
from notifications.tables import Base
from services.database import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery, as the channels are given it. `secret` is sealed."""

    id: UUID
    attempt: int
    route_name: str
    channel: Channel
    address: str
    secret: str | None
    change: Change
    alert: Mapping[str, Any]
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """How many deliveries a sender can take on: in all, and at most for one route, with what it has in hand."""

    slots: int
    per_route: int
    in_hand: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """What a reader asks for; None leaves a field open."""

    alert_id: UUID | None = None
    state: State | None = None


_TOLD = text("SELECT DISTINCT alert_id, route_name FROM deliveries WHERE alert_id = ANY(:ids) AND change <> 'resolved'")

_STRAND = text("""
    UPDATE deliveries
    SET state = 'failed', next_attempt_at = NULL, last_error = 'its route was removed or disabled'
    WHERE id IN (
        SELECT id FROM deliveries WHERE state = 'pending' AND next_attempt_at <= :now
          AND NOT EXISTS (SELECT 1 FROM routes r WHERE r.name = route_name AND r.disabled_at IS NULL)
        FOR UPDATE SKIP LOCKED
    )
""")
_CLAIM = text("""
    WITH ranked AS (
        SELECT id, route_name, row_number() OVER (PARTITION BY route_name ORDER BY next_attempt_at, id) AS nth
        FROM deliveries WHERE state = 'pending' AND next_attempt_at <= :now
    ), due AS (
        SELECT d.id FROM deliveries d
        JOIN ranked ON ranked.id = d.id
        LEFT JOIN unnest(CAST(:busy AS text[]), CAST(:counts AS integer[])) AS hand(name, held)
               ON hand.name = ranked.route_name
        WHERE d.state = 'pending' AND ranked.nth + coalesce(hand.held, 0) <= :per_route
        ORDER BY d.next_attempt_at, d.id LIMIT :slots
        FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE deliveries d
    SET state = 'sending', next_attempt_at = NULL, leased_until = :until, attempts = d.attempts + 1,
        channel = r.channel, address = r.address
    FROM due, routes r
    WHERE d.id = due.id AND r.name = d.route_name AND r.disabled_at IS NULL
    RETURNING d.id, d.attempts AS attempt, d.route_name, d.channel, d.address, r.secret, d.change, d.alert, d.queued_at
""")
_EXPIRED = text("""
    SELECT id, attempts, channel FROM deliveries WHERE state = 'sending' AND leased_until <= :now
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
""")
_SETTLE = text("""
    UPDATE deliveries
    SET state = :state, last_error = :error, next_attempt_at = :next, leased_until = NULL, sent_at = :sent_at
    WHERE id = :id AND state <> 'sent' AND (attempts = :attempt OR :state = 'sent')
""")
_ATTEMPT = text("""
    INSERT INTO delivery_attempts (delivery_id, attempt, at, outcome, detail)
    VALUES (:id, :attempt, :now, :outcome, :detail)
    ON CONFLICT (delivery_id, attempt) DO UPDATE
    SET at = excluded.at, outcome = excluded.outcome, detail = excluded.detail
""")


async def told_of(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """The names of the routes that were told of each alert while it lasted."""
    told: dict[UUID, set[str]] = {alert_id: set() for alert_id in alert_ids}
    for row in await session.execute(_TOLD, {"ids": list(alert_ids)}):
        told[row.alert_id].add(row.route_name)
    return told


async def insert_all(session: WriteSession, rows: Sequence[DeliveryRow]) -> None:
    """Queue deliveries; one that is queued already stays as it is."""
    values = [row.model_dump() | {"alert": json.dumps(row.alert)} for row in rows]
    conflict = "(alert_id, alert_version, route_name) DO NOTHING"
    await session.bulk_insert(Base.metadata.tables["deliveries"], values, on_conflict=conflict)


async def claim(session: WriteSession, room: Room, *, now: datetime, until: datetime) -> list[Parcel]:
    """Take due deliveries in hand until the lease runs out; nobody else gets them before."""
    await session.execute(_STRAND, {"now": now})
    values = {"busy": list(room.in_hand), "counts": list(room.in_hand.values())}
    limits = {"per_route": room.per_route, "slots": room.slots, "now": now, "until": until}
    return [Parcel(**row._mapping) for row in await session.execute(_CLAIM, values | limits)]


async def expired(session: WriteSession, now: datetime) -> list[tuple[UUID, int, Channel]]:
    """Id, attempt and channel of what was in somebody's hand when their lease ran out, locked."""
    rows = await session.execute(_EXPIRED, {"now": now})
    return [(row.id, row.attempts, row.channel) for row in rows]


async def settle(session: WriteSession, delivery_id: UUID, attempt: int, step: Step, now: datetime) -> None:
    """Write down what becomes of the delivery. Where a later attempt has begun meanwhile, only success still counts."""
    values = {"id": delivery_id, "attempt": attempt, "state": step.state, "error": step.error}
    sent_at = now if step.state == "sent" else None
    await session.execute(_SETTLE, values | {"next": step.next_attempt_at, "sent_at": sent_at})


async def note_attempt(
    session: WriteSession, delivery_id: UUID, attempt: int, *, outcome: str, detail: str, now: datetime
) -> None:
    """Write down what came of an attempt; what is known later replaces what was thought before."""
    values = {"id": delivery_id, "attempt": attempt, "outcome": outcome, "detail": detail, "now": now}
    await session.execute(_ATTEMPT, values)


async def one_for_change(session: WriteSession, delivery_id: UUID) -> DeliveryRow | None:
    """The delivery, locked."""
    statement = select(DeliveryRow).where(col(DeliveryRow.id) == delivery_id).with_for_update()
    row: DeliveryRow | None = (await session.scalars(statement)).one_or_none()
    return row


async def page(session: ReadSession, wanted: DeliveryFilter, after: UUID | None, limit: int) -> Sequence[DeliveryRow]:
    """Up to `limit` deliveries, newest first, that come after the one with the id `after`."""
    statement = select(DeliveryRow).order_by(col(DeliveryRow.id).desc()).limit(limit)
    if after:
        statement = statement.where(col(DeliveryRow.id) < after)
    if wanted.alert_id:
        statement = statement.where(col(DeliveryRow.alert_id) == wanted.alert_id)
    if wanted.state:
        statement = statement.where(col(DeliveryRow.state) == wanted.state)
    return (await session.scalars(statement)).all()


async def attempts_of(session: ReadSession, delivery_ids: Collection[UUID]) -> dict[UUID, list[AttemptRow]]:
    """The attempts of each delivery, the first one first."""
    attempts: dict[UUID, list[AttemptRow]] = {delivery_id: [] for delivery_id in delivery_ids}
    statement = select(AttemptRow).where(col(AttemptRow.delivery_id).in_(list(delivery_ids)))
    for row in await session.scalars(statement.order_by(col(AttemptRow.delivery_id), col(AttemptRow.attempt))):
        attempts[row.delivery_id].append(row)
    return attempts

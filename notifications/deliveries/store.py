"""Queries on the deliveries: to queue, to claim, to record_outcome, to read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from notifications.domain.delivery import Channel, State, Step
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.tables.base import Base
from notifications.tables.deliveries import AttemptRow, DeliveryRow
from services.persistence.unit_of_work import ReadSession, UnitOfWork


@dataclass(frozen=True, slots=True)
class Capacity:
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

_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(:key)")
_CLAIMS = 0x636C6169  # "clai"
_SUPERSEDE = text("""
    UPDATE deliveries
    SET state = 'superseded', next_attempt_at = NULL,
        last_error = 'overtaken by version ' || newest.version || ' of the alert before it was sent'
    FROM (
        SELECT d.id, n.version FROM deliveries d
        CROSS JOIN LATERAL (
            SELECT max(o.alert_version) AS version FROM deliveries o
            WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
        ) n
        WHERE d.state = 'pending' AND n.version > d.alert_version
        FOR UPDATE OF d SKIP LOCKED
    ) newest
    WHERE deliveries.id = newest.id
""")
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
        SELECT d.id, d.route_name,
               row_number() OVER (PARTITION BY d.route_name ORDER BY d.next_attempt_at, d.id) AS nth
        FROM deliveries d JOIN routes r ON r.name = d.route_name
        WHERE d.state = 'pending' AND d.next_attempt_at <= :now AND (r.paused_until IS NULL OR r.paused_until <= :now)
          AND NOT EXISTS (
              SELECT FROM deliveries o
              WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
                AND (o.state = 'sending' OR o.alert_version > d.alert_version)
          )
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
    RETURNING d.id, d.attempts AS attempt, d.alert_version, d.route_name, d.channel, d.address, r.secret,
              CASE WHEN r.previous_secret_until > :now THEN r.previous_secret END AS previous_secret,
              d.change, d.alert, d.queued_at, d.leased_until,
              NOT EXISTS (
                  SELECT FROM deliveries o WHERE o.alert_id = d.alert_id AND o.route_name = d.route_name
                  AND o.alert_version < d.alert_version AND o.state IN ('sent', 'unconfirmed')
              ) AS is_first
""")
_EXPIRED = text("""
    SELECT id, attempts, channel FROM deliveries WHERE state = 'sending' AND leased_until <= :now
    ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
""")
_RECORD_OUTCOME = text("""
    UPDATE deliveries
    SET state = :state, last_error = :error, next_attempt_at = :next, leased_until = NULL, sent_at = :sent_at
    WHERE id = :id AND state <> 'sent' AND (attempts = :attempt OR (:state = 'sent' AND state <> 'sending'))
""")
_HOLD = text("SELECT early_attempts FROM deliveries WHERE id = :id FOR UPDATE")
_TAKEN = text("SELECT EXISTS (SELECT FROM delivery_attempts WHERE delivery_id = :id AND outcome = 'sent')")
_NOT_WAITING = text("""
    UPDATE deliveries SET next_attempt_at = :now, early_attempts = early_attempts + 1
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE state = 'pending' AND route_name = :route_name AND next_attempt_at > :now
          AND early_attempts < attempts - early_attempts
        FOR UPDATE SKIP LOCKED
    )
""")
_NEWER = text("""
    SELECT EXISTS (
        SELECT FROM deliveries
        WHERE alert_id = :alert_id AND route_name = :route_name AND alert_version > :alert_version
    )
""")
_ATTEMPT = text("""
    INSERT INTO delivery_attempts (delivery_id, attempt, at, outcome, detail)
    VALUES (:id, :attempt, :now, :outcome, :detail)
    ON CONFLICT (delivery_id, attempt) DO UPDATE
    SET at = excluded.at, outcome = excluded.outcome, detail = excluded.detail
""")


async def notified_routes(session: ReadSession, alert_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """The names of the routes that were told of each alert while it lasted."""
    told: dict[UUID, set[str]] = {alert_id: set() for alert_id in alert_ids}
    for row in await session.execute(_TOLD, {"ids": list(alert_ids)}):
        told[row.alert_id].add(row.route_name)
    return told


async def insert_all(work: UnitOfWork, rows: Sequence[DeliveryRow]) -> None:
    """Queue deliveries; one that is queued already stays as it is."""
    values = [row.model_dump() | {"alert": json.dumps(row.alert)} for row in rows]
    conflict = "(alert_id, alert_version, route_name) DO NOTHING"
    await work.bulk_insert(Base.metadata.tables["deliveries"], values, on_conflict=conflict)


async def claim(work: UnitOfWork, capacity: Capacity, *, now: datetime, until: datetime) -> list[OutgoingMessage]:
    """Take due deliveries in hand until the lease runs out; nobody else gets them before.

    Of the deliveries of one alert to one route only the newest is taken, and none while another is being sent. Those
    who claim take turns, so that each sees what the one before has in hand.
    """
    await work.execute(_TAKE_TURNS, {"key": _CLAIMS})
    await work.execute(_SUPERSEDE)
    await work.execute(_STRAND, {"now": now})
    values = {"busy": list(capacity.in_hand), "counts": list(capacity.in_hand.values())}
    limits = {"per_route": capacity.per_route, "slots": capacity.slots, "now": now, "until": until}
    return [OutgoingMessage(**row._mapping) for row in await work.execute(_CLAIM, values | limits)]


async def expired(work: UnitOfWork, now: datetime) -> list[tuple[UUID, int, Channel]]:
    """Id, attempt and channel of what was in somebody's hand when their lease ran out, locked."""
    rows = await work.execute(_EXPIRED, {"now": now})
    return [(row.id, row.attempts, row.channel) for row in rows]


async def record_outcome(work: UnitOfWork, delivery_id: UUID, attempt: int, step: Step, now: datetime) -> None:
    """Write down what becomes of the delivery. Where a later attempt has begun meanwhile, only success still counts.

    Where that attempt is under way, even success waits for its end: its message may arrive at any moment, and a newer
    delivery must not be sent before.
    """
    values = {"id": delivery_id, "attempt": attempt, "state": step.state, "error": step.error}
    sent_at = now if step.state == "sent" else None
    await work.execute(_RECORD_OUTCOME, values | {"next": step.next_attempt_at, "sent_at": sent_at})


async def hold(work: UnitOfWork, delivery_id: UUID) -> tuple[int, bool]:
    """How many of its attempts were early, and whether one of them succeeded.

    Locks the delivery, so that attempts that overlap see each other's end.
    """
    early = int((await work.execute(_HOLD, {"id": delivery_id})).scalar_one())
    return early, bool((await work.execute(_TAKEN, {"id": delivery_id})).scalar_one())


async def end_waits(work: UnitOfWork, route_name: str, now: datetime) -> None:
    """The receiver of this route answers again: what waits for another attempt there is due now.

    At most once for each attempt that came in its time: what is refused for its own sake is not sent with every other
    message. What others have locked is left out: two that record outcomes at once would wait for each
    other's deliveries.
    """
    await work.execute(_NOT_WAITING, {"route_name": route_name, "now": now})


async def has_newer(session: ReadSession, row: DeliveryRow) -> bool:
    """Whether a newer version of the alert was queued for the same route."""
    values = {"alert_id": row.alert_id, "route_name": row.route_name, "alert_version": row.alert_version}
    return bool((await session.execute(_NEWER, values)).scalar_one())


async def note_attempt(
    work: UnitOfWork, delivery_id: UUID, attempt: int, *, outcome: str, detail: str, now: datetime
) -> None:
    """Write down what came of an attempt; what is known later replaces what was thought before."""
    values = {"id": delivery_id, "attempt": attempt, "outcome": outcome, "detail": detail, "now": now}
    await work.execute(_ATTEMPT, values)


async def one_for_change(work: UnitOfWork, delivery_id: UUID) -> DeliveryRow | None:
    """The delivery, locked."""
    statement = select(DeliveryRow).where(col(DeliveryRow.id) == delivery_id).with_for_update()
    row: DeliveryRow | None = (await work.scalars(statement)).one_or_none()
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

"""Queue deliveries of alert changes, claim those that are due, record the outcome of attempts, retry on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import TypeAlias, get_args
from uuid import UUID

import structlog

from notifications.deliveries import claims, groups, queries, store
from notifications.deliveries.claims import Capacity, Hold, nothing_is_held
from notifications.deliveries.concerns import concern_of
from notifications.deliveries.metrics import DeliveryMetrics
from notifications.deliveries.queries import DeliveryWithAttempts
from notifications.deliveries.store import Attempt
from notifications.domain import delivery as rules
from notifications.domain.delivery import NoSuchDelivery, Outcome, Refused, Retry, Sent
from notifications.domain.grouping import group_of
from notifications.domain.receiver import UNKNOWN, Receiver
from notifications.domain.recipients import FOLLOW_UPS, TAKING_BACK, Concern, Recipients, Route, recipients_of_change
from notifications.domain.terms import Terms
from notifications.messages.alert_change import AlertChange
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.ownership.queries import organisations_of
from notifications.registry.queries import levels_of
from notifications.routing import store as routes
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.queries import all_routes, route_of
from notifications.routing.receivers import store as receivers
from notifications.tables.deliveries import DeliveryRow
from notifications.tables.locks import ROUTES
from notifications.tables.routing import RouteRow
from services.context import Context
from services.ids import new_id
from services.persistence.locks import take_shared
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import Severity, UnitLevel

log = structlog.get_logger(__name__)

Chance: TypeAlias = Callable[[], float]
"""A source of random numbers from 0 to 1."""
LEASE = timedelta(seconds=180)
"""Longer than any channel may take for one attempt; see the channels' own limits."""


async def queue(work: UnitOfWork, context: Context, changes: Sequence[AlertChange], terms: Terms) -> None:
    """Queue a delivery of each change for every route that is to be notified of it; it waits for others of its group,
    unless the wait of those that are queued already is over before, and for the interval since the group's last
    message to the route."""
    if not changes:
        return
    await take_shared(work, ROUTES)
    known = {row.name: row for row in await all_routes(work)}
    candidates = [route_of(row) for row in known.values()]
    followed = {change.alert.id for change in changes if change.kind in FOLLOW_UPS | TAKING_BACK or change.to != "all"}
    notified = {change.alert.id: set[str]() for change in changes}
    notified |= await queries.notified_routes(work, followed)
    levels = await levels_of(work, {code for change in changes for code in change.alert.path})
    organisations = await organisations_of(work, notified)
    told: list[tuple[AlertChange, str, str]] = []
    for change in changes:
        concern = concern_of(change.alert, organisations[change.alert.id])
        recipients = _recipients(change, concern, candidates, notified[change.alert.id])
        notified[change.alert.id].update(recipients.notified)  # for the end of an alert that began in the same batch
        _log_queued(change, recipients)
        told += [(change, name, _group(change, levels)) for name in recipients.notified]
    last = await groups.last_messages(work, {(name, group) for _, name, group in told})
    due = {place: terms.due_at(context.now, last.get(place)) for place in {(name, group) for _, name, group in told}}
    rows = [_delivery(change, known[name], group, context, due[name, group]) for change, name, group in told]
    await store.insert_all(work, rows)


async def retime(work: UnitOfWork, context: Context, route: RouteRow, group_wait: timedelta) -> None:
    """Let what waits for its first attempt to the route wait for the hours that the route has now. Needs
    `lock_claims`."""
    hours, due, later = hours_of(route.hours), context.now + group_wait, context.told_later
    await store.retime(work, route.name, {each: opening_of(hours, each, due, later) for each in get_args(Severity)})


def _group(change: AlertChange, levels: Mapping[str, UnitLevel]) -> str:
    alert = change.alert
    return group_of(alert.path, levels, alert.subject, alert.owner)


def _recipients(change: AlertChange, concern: Concern, candidates: Sequence[Route], notified: Set[str]) -> Recipients:
    return recipients_of_change(
        change.kind,
        candidates,
        concern,
        notified_before=notified,
        named=change.routes,
        unreported=change.unreported,
        to=change.to,
    )


def _log_queued(change: AlertChange, recipients: Recipients) -> None:
    log.info(
        "deliveries_queued",
        alert=str(change.alert.id),
        version=change.alert.version,
        change=change.kind,
        reason=change.reason,
        routes=list(recipients.notified),
        excluded={route.name: route.reason for route in recipients.excluded},
    )


def _delivery(change: AlertChange, route: RouteRow, group: str, context: Context, due_at: datetime) -> DeliveryRow:
    return DeliveryRow(
        id=new_id(),
        alert_id=change.alert.id,
        alert_version=change.alert.version,
        change=change.kind,
        alert=change.reported().stored(),
        route_name=route.name,
        channel=route.channel,
        address=route.address,
        state="pending",
        attempts=0,
        queued_at=context.at,
        next_attempt_at=opening_of(hours_of(route.hours), change.alert.severity, due_at, context.told_later),
        group_code=group,
    )


async def claim(
    work: UnitOfWork,
    context: Context,
    capacity: Capacity,
    *,
    is_repeatable: Callable[[str], bool],
    metrics: DeliveryMetrics,
    chance: Chance,
    hold: Hold = nothing_is_held,
) -> list[OutgoingMessage]:
    """Lease due deliveries that need not be held, and end the attempts whose sender stopped; `is_repeatable` is asked
    about their channel."""
    now = context.now
    await claims.lock_claims(work)
    await claims.lock_rules(work)
    for expired in await claims.expired(work, now):
        attempt = Attempt(expired.message_id, expired.attempt, expired.channel)
        outcome = rules.of_interruption(repeatable=is_repeatable(expired.channel))
        await _record(work, attempt, outcome, context, metrics, chance)
    claimed = await claims.claim(work, context, capacity, until=now + LEASE, hold=hold)
    for attempt, fields in claimed.unreadable:
        unreadable = Refused(f"the stored alert cannot be read: {fields}")
        await _record(work, attempt, unreadable, context, metrics, chance)
    return claimed.messages


async def record_outcome(
    work: UnitOfWork,
    context: Context,
    message: OutgoingMessage,
    outcome: Outcome,
    *,
    metrics: DeliveryMetrics,
    chance: Chance,
) -> None:
    """Record the outcome of an attempt, and what it says about the route: that its receiver answers again, asks for a
    wait, or is gone."""
    await claims.lock_claims(work)
    known = await receivers.known(work, message.route_name)
    attempt = Attempt(message.id, message.attempt, message.channel)
    await _record(work, attempt, outcome, context, metrics, chance, known.after(outcome, context.at))
    await _learn(work, context, message, outcome, chance())
    match outcome:
        case Sent():
            await store.end_waits(work, message.route_name, context.now)
        case Retry(_, after) if after:
            await routes.pause(work, message.route_name, message.address, context.now + rules.pause_of(after))
        case Refused(reason, gone=True):
            await routes.disable(work, message.route_name, message.address, reason=reason, now=context.at)


async def _record(
    work: UnitOfWork,
    attempt: Attempt,
    outcome: Outcome,
    context: Context,
    metrics: DeliveryMetrics,
    chance: Chance,
    receiver: Receiver = UNKNOWN,
) -> None:
    history = await store.history(work, attempt)
    counted = Sent() if history.was_sent else outcome
    is_last = receiver.is_given_up(history.queued_at or context.at, context.at)
    step = rules.next_step(
        counted,
        attempt.number - history.attempts_before,
        context.now,
        early=history.early_attempts,
        chance=chance(),
        is_last=is_last,
    )
    await store.record_step(work, attempt, step, context)
    name, detail = rules.name_of(outcome), rules.detail_of(outcome)
    await store.record_attempt(work, attempt, outcome=name, detail=detail, now=context.at)
    work.after_commit(lambda: metrics.count_attempt(attempt.channel, name, step.state))


async def _learn(work: UnitOfWork, context: Context, message: OutgoingMessage, outcome: Outcome, chance: float) -> None:
    """Keep what the outcome says of the receiver, and leave it alone where it was away several times in a row."""
    seen = await receivers.seen(work, message.route_name, message.address)
    if seen is None:
        return
    learnt = seen.receiver.after(outcome, context.at)
    learnt, until = learnt.left_alone(context.now, seen.paused_until, chance)
    if learnt != seen.receiver:
        await receivers.save(work, message.route_name, learnt)
    if until:
        await routes.pause(work, message.route_name, message.address, until)
    _log_change(message.route_name, seen.receiver, learnt, until)


def _log_change(route: str, before: Receiver, after: Receiver, until: datetime | None) -> None:
    if until:
        log.warning("receiver_paused", route=route, failures=after.failures, until=until.isoformat())
    elif before.probes and not after.probes:
        log.info("receiver_answers_again", route=route)


async def send_again(
    work: UnitOfWork, context: Context, delivery_id: UUID, own_of: str | None = None
) -> DeliveryWithAttempts:
    """Make the message of the delivery due now, or when the hours of its route begin, with one more attempt where it
    had ended; where `own_of` is given, the delivery is of an alert of that organisation's own. Raises NoSuchDelivery,
    NotRetriable."""
    await claims.lock_claims(work)
    row = await store.one_for_change(work, delivery_id, own_of)
    if row is None:
        raise NoSuchDelivery(f"no delivery has the id {delivery_id}")
    route = await routes.one_for_change(work, row.route_name)
    has_newer = await queries.has_newer(work, row)
    rules.check_retriable(row.state, has_route=bool(route and not route.disabled_at), has_newer=has_newer)
    hours = hours_of(route.hours) if route and row.alert else None
    severity: Severity = row.alert["severity"] if row.alert else "warning"
    due_at = opening_of(hours, severity, context.now, context.told_later)
    await store.send_again(work, row, due_at)
    [delivery] = await queries.with_attempts(work, [await store.one_again(work, row)])
    return delivery

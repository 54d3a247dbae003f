"""Claims: a sender's lease on messages that are due, and leases that have expired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from notifications.deliveries import attempts_sql, claim_sql, due_sql, groups, store
from notifications.deliveries.attempts_sql import ExpiredAttempt
from notifications.deliveries.claim_sql import ClaimedDelivery
from notifications.deliveries.courses import with_courses
from notifications.deliveries.due_sql import Bundle
from notifications.deliveries.quiet_hours import wait_for_hours
from notifications.deliveries.reports import with_remedies, with_reports
from notifications.deliveries.store import Attempt
from notifications.domain.alert import NoticeKind
from notifications.domain.receiver import FAILURES_TO_PAUSE, GENEROUS, Rate
from notifications.messages.alert_snapshot import ReportedAlert
from notifications.messages.digest_snapshot import DigestSnapshot
from notifications.messages.outgoing_message import DigestNotice, Notice, OutgoingMessage
from notifications.routing.receivers import store as receivers
from notifications.tables.locks import CLAIMS, ROUTES
from services.context import Context
from services.contracts.alerts import MOST_ALERTS
from services.persistence.locks import take, take_shared
from services.persistence.unit_of_work import UnitOfWork

_WINDOW: Final = 100
"""How many due deliveries of a route are looked at for messages: those of one group count as one message."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many messages a sender can claim: in all, and at most for one route, with those it is sending already;
    `rate` is that of each route for all senders together. `detailed` are the channels whose messages have courses and
    reports."""

    slots: int
    per_route: int
    sending: Mapping[str, int]
    most_alerts: int = MOST_ALERTS
    rate: Rate = GENEROUS
    detailed: Collection[str] = ()


Chosen: TypeAlias = Mapping[str, list[Any]]
"""Bundles, by columns."""
Hold: TypeAlias = Callable[[UnitOfWork, Context, Chosen], Awaitable[int]]
"""Holds deliveries of bundles that must not be sent now, and says how many."""


async def nothing_is_held(_: UnitOfWork, __: Context, ___: Chosen) -> int:
    """All may be sent."""
    return 0


class Claimed(NamedTuple):
    """Messages to send, and attempts whose stored alert or digest cannot be read, each with the names of its wrong
    fields."""

    messages: list[OutgoingMessage]
    unreadable: list[tuple[Attempt, str]]


async def lock_claims(work: UnitOfWork) -> None:
    """Units of work that change states of deliveries run one after another: each sees what the one before has done."""
    await take(work, CLAIMS)


async def lock_rules(work: UnitOfWork) -> None:
    """What is claimed is held by the silences and inhibitions that there are; see `lock_claims`."""
    await take_shared(work, ROUTES)


async def claim(
    work: UnitOfWork, context: Context, capacity: Capacity, *, until: datetime, hold: Hold = nothing_is_held
) -> Claimed:
    """Lease due messages until then; no other sender gets them before.

    Of the deliveries of one alert to one route only the newest is claimed, and none while another is being sent. Needs
    `lock_claims` and `lock_rules`.
    """
    now = context.now
    await work.execute(due_sql.FAIL_WITHOUT_ROUTE, {"now": now})
    await wait_for_hours(work, now, context.told_later)
    rows: list[ClaimedDelivery] = []
    while not rows and (bundles := await _choose(work, capacity, now)):
        chosen = _columns(bundles)
        ended = [*await work.execute(claim_sql.SUPERSEDE, chosen), *await work.execute(claim_sql.FORGET_UNTOLD, chosen)]
        held = await hold(work, context, chosen)
        rows = await work.all(claim_sql.CLAIM, chosen | {"most": capacity.most_alerts, "now": now, "until": until})
        if not ended and not held:
            break
    await receivers.spend(work, _messages_by_route(rows), capacity.rate, now)
    await groups.note_messages(work, _groups_told_anew(rows), now)
    claimed = Claimed([], [])
    for _, deliveries in groupby(sorted(rows, key=_place), key=_message_id):
        await _add(work, claimed, list(deliveries))
    detailed = [message for message in claimed.messages if message.channel in capacity.detailed]
    detailed = await with_remedies(work, await with_reports(work, await with_courses(work, detailed)))
    filled = {message.id: message for message in detailed}
    return Claimed([filled.get(message.id, message) for message in claimed.messages], claimed.unreadable)


async def _choose(work: UnitOfWork, capacity: Capacity, now: datetime) -> list[Bundle]:
    busy = {"busy_routes": list(capacity.sending), "busy_counts": list(capacity.sending.values())}
    limits = {"per_route": capacity.per_route, "slots": capacity.slots, "window": _WINDOW}
    rate = {"burst": capacity.rate.burst, "per_second": capacity.rate.per_second}
    return await work.all(due_sql.CHOOSE, busy | limits | rate | {"now": now, "failures_to_pause": FAILURES_TO_PAUSE})


def _columns(bundles: Sequence[Bundle]) -> dict[str, Any]:
    routes, messages, groups, singles = (list(column) for column in zip(*bundles, strict=True))
    return {"routes": routes, "messages": messages, "groups": groups, "singles": singles}


def _messages_by_route(rows: Sequence[ClaimedDelivery]) -> Counter[str]:
    return Counter(route_name for route_name, _ in {(row.route_name, row.message_id) for row in rows})


def _groups_told_anew(rows: Sequence[ClaimedDelivery]) -> set[tuple[str, str]]:
    """Routes and groups of messages that were not tried before; where more did not fit, the rest follows at once."""
    return {(row.route_name, row.group_code) for row in rows if row.group_code and row.is_new and not row.more}


def _place(delivery: ClaimedDelivery) -> tuple[UUID, UUID]:
    return delivery.message_id, delivery.id


def _message_id(delivery: ClaimedDelivery) -> UUID:
    return delivery.message_id


async def _add(work: UnitOfWork, claimed: Claimed, deliveries: Sequence[ClaimedDelivery]) -> None:
    """What is stored and cannot be read is taken out, and fails alone."""
    notices, digest = [], None
    for each in deliveries:
        try:
            if each.digest is not None:
                digest = DigestNotice(DigestSnapshot.model_validate(each.digest), each.queued_at)
            else:
                notices.append(_notice(each))
        except ValidationError as error:
            alone = await store.take_out(work, each.id)
            claimed.unreadable.append((Attempt(alone, each.attempt, each.channel), fields_of(error)))
    if notices or digest:
        claimed.messages.append(_message(deliveries[0], notices, digest))


def _notice(claimed: ClaimedDelivery) -> Notice:
    alert = ReportedAlert.model_validate(claimed.alert)
    kind: NoticeKind = "reminded" if claimed.reminders else claimed.change or "raised"
    return Notice(kind, alert, claimed.queued_at, tuple(dict.fromkeys(claimed.earlier)))


def _message(first: ClaimedDelivery, notices: Sequence[Notice], digest: DigestNotice | None) -> OutgoingMessage:
    return OutgoingMessage(
        id=first.message_id,
        attempt=first.attempt,
        route_name=first.route_name,
        channel=first.channel,
        address=first.address,
        secret=first.secret,
        previous_secret=first.previous_secret,
        leased_until=first.leased_until,
        notices=tuple(notices),
        language=first.language,
        group_code=first.group_code,
        group_name=first.group_name,
        more=first.more,
        digest=digest,
    )


def fields_of(error: ValidationError) -> str:
    """Names of what cannot be read, without what stands there."""
    return ", ".join(".".join(map(str, each["loc"])) for each in error.errors())


async def expired(work: UnitOfWork, now: datetime) -> list[ExpiredAttempt]:
    """Attempts that were under way when their lease ended."""
    await work.execute(attempts_sql.ADOPT)
    return await work.all(attempts_sql.EXPIRED, {"now": now})

"""Claims: a sender's lease on deliveries that are due, and leases that have expired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from notifications.deliveries import sql
from notifications.deliveries.sql import ClaimedDelivery, ExpiredAttempt
from notifications.deliveries.store import Attempt
from notifications.messages.alert_snapshot import ReportedAlert
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.tables.locks import CLAIMS
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many deliveries a sender can claim: in all, and at most for one route, with those it is sending already."""

    slots: int
    per_route: int
    sending: Mapping[str, int]


class Claimed(NamedTuple):
    """Messages to send, and attempts whose stored alert cannot be read, each with the names of its wrong fields."""

    messages: list[OutgoingMessage]
    unreadable: list[tuple[Attempt, str]]


async def lock_claims(work: UnitOfWork) -> None:
    """Units of work that claim run one after another, so that each sees what the one before has claimed."""
    await take(work, CLAIMS)


async def claim(work: UnitOfWork, capacity: Capacity, *, now: datetime, until: datetime) -> Claimed:
    """Lease due deliveries until then; no other sender gets them before.

    Of the deliveries of one alert to one route only the newest is claimed, and none while another is being sent. Needs
    `lock_claims`.
    """
    await work.execute(sql.SUPERSEDE)
    await work.execute(sql.FAIL_WITHOUT_ROUTE, {"now": now})
    busy = {"busy_routes": list(capacity.sending), "busy_counts": list(capacity.sending.values())}
    limits = {"per_route": capacity.per_route, "slots": capacity.slots, "now": now, "until": until}
    claimed = Claimed([], [])
    for each in await work.all(sql.CLAIM, busy | limits):
        try:
            claimed.messages.append(_message(each))
        except ValidationError as error:
            claimed.unreadable.append((Attempt(each.id, each.attempt), _fields_of(error)))
    return claimed


def _message(claimed: ClaimedDelivery) -> OutgoingMessage:
    return OutgoingMessage(**claimed._asdict() | {"alert": ReportedAlert.model_validate(claimed.alert)})


def _fields_of(error: ValidationError) -> str:
    return ", ".join(".".join(map(str, each["loc"])) for each in error.errors())


async def expired(work: UnitOfWork, now: datetime) -> list[ExpiredAttempt]:
    """Attempts that were under way when their lease ended; their deliveries are locked."""
    return await work.all(sql.EXPIRED, {"now": now})

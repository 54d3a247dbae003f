"""Statements that write receivers, and locking reads. Whoever runs them holds CLAIMS, but for `forget`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Text, bindparam, delete, text
from sqlmodel import col, select

from notifications.domain.receiver import Rate, Receiver
from notifications.routing.receivers.rows import receiver_of, values_of
from notifications.tables.base import Base
from notifications.tables.receivers import ReceiverRow
from notifications.tables.routing import RouteRow
from services.persistence.unit_of_work import UnitOfWork

_TABLE = Base.metadata.tables["receivers"]
_OF_ROUTE = _TABLE.c.route_name == bindparam("of_route", type_=Text)

PAUSED: Final = (
    select(RouteRow.paused_until)
    .where(col(RouteRow.name) == bindparam("of_route"), col(RouteRow.address) == bindparam("to_address"))
    .with_for_update()
)
KNOWN: Final = (
    select(ReceiverRow)
    .where(col(ReceiverRow.route_name) == bindparam("of_route", type_=Text))
    .execution_options(populate_existing=True)
)
SAVE = text("""
    INSERT INTO receivers (route_name, failures, probes, failing_since, last_success_at, last_error, last_error_at)
    VALUES (:of_route, :failures, :probes, :failing_since, :last_success_at, :last_error, :last_error_at)
    ON CONFLICT (route_name) DO UPDATE SET
        failures = excluded.failures, probes = excluded.probes, failing_since = excluded.failing_since,
        last_success_at = excluded.last_success_at, last_error = excluded.last_error,
        last_error_at = excluded.last_error_at
""")
SPEND = text("""
    INSERT INTO receivers AS c (route_name, tokens, refilled_at)
    SELECT r.name, :burst - sent.n, :now
    FROM routes r JOIN unnest(CAST(:names AS text[]), CAST(:counts AS integer[])) AS sent(name, n) ON sent.name = r.name
    ORDER BY r.name FOR KEY SHARE OF r
    ON CONFLICT (route_name) DO UPDATE SET
        tokens = excluded.tokens - greatest(0, :burst - coalesce(
            c.tokens + :per_second * greatest(extract(epoch FROM excluded.refilled_at - c.refilled_at), 0), :burst
        )),
        refilled_at = greatest(c.refilled_at, excluded.refilled_at)
""")
"""Takes messages from what the receivers may be sent, which has grown since, up to `burst`."""
FORGET: Final = delete(_TABLE).where(_OF_ROUTE)


class Seen(NamedTuple):
    """What is known of a receiver, and until when it is left alone."""

    receiver: Receiver
    paused_until: datetime | None


async def seen(work: UnitOfWork, route_name: str, address: str) -> Seen | None:
    """The receiver, its route locked; None where the route was removed, or has another address by now."""
    found = (await work.execute(PAUSED, {"of_route": route_name, "to_address": address})).one_or_none()
    if found is None:
        return None
    return Seen(await known(work, route_name), found.paused_until)


async def known(work: UnitOfWork, route_name: str) -> Receiver:
    """The receiver of the route."""
    row: ReceiverRow | None = (await work.scalars(KNOWN, {"of_route": route_name})).one_or_none()
    return receiver_of(row)


async def save(work: UnitOfWork, route_name: str, receiver: Receiver) -> None:
    """Keep what is known of the receiver."""
    await work.execute(SAVE, {"of_route": route_name, **values_of(receiver)})


async def spend(work: UnitOfWork, messages: Mapping[str, int], rate: Rate, now: datetime) -> None:
    """So many messages are sent to these routes: they count towards the rate of each."""
    if messages:
        counts = {"names": list(messages), "counts": list(messages.values())}
        await work.execute(SPEND, counts | {"burst": rate.burst, "per_second": rate.per_second, "now": now})


async def forget(work: UnitOfWork, route_name: str) -> None:
    """The route has another receiver now."""
    await work.execute(FORGET, {"of_route": route_name})

"""Send again what was queued for a route in a time, for a receiver that has lost data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications.deliveries import claims, sql
from notifications.domain.delivery import NotRetriable
from notifications.domain.route import NoSuchRoute
from notifications.routing import store as routes
from services.context import Context
from services.errors import Invalid
from services.persistence.unit_of_work import UnitOfWork

LONGEST_WINDOW: Final = timedelta(days=31)
MOST_REPLAYED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Replay:
    """What was queued for the route from `since` on, and before `before`."""

    route: str
    since: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class Replays:
    """How many deliveries are sent again, and as how many messages."""

    deliveries: int
    messages: int


async def replay(work: UnitOfWork, context: Context, wanted: Replay) -> Replays:
    """Make them due now, each message under the id that it had, so that a receiver recognises what it has kept. Of an
    alert only the newest delivery is sent, as ever. Raises Invalid, NoSuchRoute, NotRetriable."""
    _check(wanted)
    await claims.lock_claims(work)
    route = await routes.one_for_change(work, wanted.route)
    if route is None:
        raise NoSuchRoute(f"no route has the name {wanted.route}")
    if route.disabled_at:
        raise NotRetriable("the route is disabled: put it again first")
    window = {"route_name": wanted.route, "since": wanted.since, "before": wanted.before}
    found = await work.all(sql.REPLAY, window | {"now": context.now})
    if len(found) > MOST_REPLAYED:
        raise Invalid.field("/to", f"shorten it: {len(found)} deliveries are more than {MOST_REPLAYED:,}")
    return Replays(len(found), len({each.message_id for each in found}))


def _check(wanted: Replay) -> None:
    if wanted.before <= wanted.since:
        raise Invalid.field("/to", "give a time after `from`")
    if wanted.before - wanted.since > LONGEST_WINDOW:
        raise Invalid.field(
            "/to", f"give at most {LONGEST_WINDOW.days} days after `from`, and the rest in another request"
        )

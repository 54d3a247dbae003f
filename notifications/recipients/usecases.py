"""Put a route, and tell it of what is unresolved; remove one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

import structlog

from notifications.alerts.columns import AlertColumns
from notifications.alerts.hushing import hushed_row
from notifications.alerts.mutes import mutes_of
from notifications.deliveries import store as deliveries
from notifications.deliveries.claims import lock_claims
from notifications.deliveries.usecases import retime
from notifications.domain.hush import Withheld
from notifications.domain.recipients import news_of, reason_against
from notifications.hushed import store as hushed
from notifications.recipients import store
from notifications.recipients.store import News
from notifications.registry.queries import levels_of
from notifications.routing import usecases as routing
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.queries import route_of
from notifications.routing.secrets import RouteSecrets
from notifications.routing.usecases import PutRoute, RoutePut
from notifications.tables.locks import ROUTES
from notifications.tables.routing import RouteRow
from services.context import Context
from services.persistence.locks import take
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import Severity

log = structlog.get_logger(__name__)


async def put_route(
    work: UnitOfWork,
    context: Context,
    command: PutRoute,
    secrets: RouteSecrets,
    *,
    group_wait: timedelta,
    carries_digests: bool,
    hidden: str | None = None,
) -> RoutePut:
    """Make the route, or change it to this; a disabled one is enabled. It is told of the unresolved alerts that it is
    to be notified of and was not told of. `carries_digests`: by its channel. `hidden`: see routing.put_route. Raises
    NotKnownYet, RouteInUse."""
    await lock_claims(work)
    await take(work, ROUTES)
    if not carries_digests:
        await routing.check_no_digests(work, command)
    put = await routing.put_route(work, context, command, secrets, hidden=hidden)
    if put.has_other_hours:
        await retime(work, context, put.row, group_wait)
    if put.is_changed:
        await store.look_for_reminders(work, put.row.name, context.now)
    told = await _tell(work, context, put.row, group_wait)
    log.info("route_put", route=put.row.name, channel=put.row.channel, is_new=put.is_new, told_of=told)
    return put


async def remove_route(work: UnitOfWork, _: Context, name: str) -> None:
    """Remove the route; what waits for it is given up. Raises NoSuchRoute, RouteInUse."""
    await lock_claims(work)
    await take(work, ROUTES)
    await deliveries.give_up(work, name)
    await routing.remove_route(work, name)
    log.info("route_removed", route=name)


async def _tell(work: UnitOfWork, context: Context, row: RouteRow, group_wait: timedelta) -> int:
    """Queue deliveries, and return how many."""
    route, hours = route_of(row), hours_of(row.hours)
    begins, later = context.now + group_wait, context.told_later
    due = {each: opening_of(hours, each, begins, later) for each in get_args(Severity)}
    untold = [each for each in await store.untold(work, row.name) if reason_against(route, each.concern) is None]
    concerned = await _without_hushed(work, context, untold)
    levels = await levels_of(work, {code for each in concerned for code in each.path})
    news = [News(each.id, news_of(each.status), each.group(levels), due[each.severity]) for each in concerned]
    await store.queue(work, row.name, news, queued_at=context.at, correlation_id=context.correlation_id)
    return len(news)


async def _without_hushed(work: UnitOfWork, context: Context, alerts: Sequence[AlertColumns]) -> list[AlertColumns]:
    """Those that nothing hushes; of the others the route is told when that is over."""
    candidates = [each.candidate for each in alerts]
    mutes = await mutes_of(work, candidates, context.at)
    rows = [hushed_row(alert_id, Withheld(), mute, context.at) for alert_id, mute in sorted(mutes.items())]
    await hushed.withhold_unless_known(work, rows)
    return [each for each in alerts if each.id not in mutes]

"""Tell routes again of alerts that nobody has resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

import structlog

from notifications.alerts.mutes import mutes_of
from notifications.deliveries import groups
from notifications.deliveries.claims import lock_claims
from notifications.domain.hush import Mute
from notifications.domain.reminder import Intervals, Told, due_together
from notifications.domain.terms import Terms
from notifications.reminders import store
from notifications.reminders.sql import Known, Place
from notifications.reminders.told import told_of
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.queries import all_routes
from notifications.routing.repeats import interval_of
from notifications.tables.locks import ROUTES
from notifications.tables.routing import RouteRow
from services.context import Context
from services.persistence.locks import take_shared
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

_SOON: Final = timedelta(minutes=1)
"""After what an alert is looked at of which something is about to be told, now that what hushed it is over."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of deliveries that were looked at: when those that are told again are due, and when the others are
    looked at next, if at all."""

    again: dict[UUID, datetime]
    later: dict[UUID, datetime | None]


async def remind(work: UnitOfWork, context: Context, terms: Terms, intervals: Intervals) -> int:
    """Look at some of what is due, and tell again of what is; of how many groups there was something to look at."""
    await lock_claims(work)
    places = await store.due(work, context.now)
    if not places:
        return 0
    await take_shared(work, ROUTES)
    routes = {row.name: row for row in await all_routes(work)}
    known = await store.known(
        work, {place: _until(routes.get(place.route_name), intervals, context) for place in places}
    )
    reminders = _Reminders(
        context,
        terms,
        intervals,
        routes,
        mutes=await mutes_of(work, {each.id: each.candidate for each in known}.values(), context.at),
        last=await groups.last_messages(work, set(places)),
    )
    looked = reminders.look(known)
    await store.look_at(work, looked.later)
    await store.forget_attempts(work, reminders.told_all_the_time(known, looked))
    await store.tell_again(work, looked.again, queued_at=context.at, correlation_id=context.correlation_id)
    log.info("reminders_looked_at", told=len(looked.again), later=len(looked.later))
    return len(places)


def _until(route: RouteRow | None, intervals: Intervals, context: Context) -> datetime:
    """Until when others of a group that is told again may be due, to be told with it."""
    interval = interval_of(route, intervals) if route else None
    return context.now + (interval / 2 if interval else timedelta())


class _Reminders:
    """Decides what becomes of what routes know."""

    def __init__(
        self,
        context: Context,
        terms: Terms,
        intervals: Intervals,
        routes: Mapping[str, RouteRow],
        *,
        mutes: Mapping[UUID, Mute],
        last: Mapping[tuple[str, str], datetime],
    ) -> None:
        self._context, self._terms, self._intervals, self._routes = context, terms, intervals, routes
        self._mutes, self._last = mutes, last

    def look(self, known: Sequence[Known]) -> Looked:
        """At each delivery, group by group."""
        looked = Looked({}, {})
        ordered = sorted(known, key=_place)
        for _, members in groupby(ordered, key=_place):
            candidates = [(each, told) for each in members if (told := self._told(each, looked))]
            self._decide(candidates, looked)
        return looked

    def told_all_the_time(self, known: Sequence[Known], looked: Looked) -> list[UUID]:
        """Of what is told again the deliveries whose earlier attempts are of no interest."""
        forgetful = {name for name, route in self._routes.items() if route.channel in self._intervals.of_state}
        return [each.delivery_id for each in known if each.delivery_id in looked.again and each.route_name in forgetful]

    def _told(self, each: Known, looked: Looked) -> Told | None:
        """None where the route is not told again, or not now."""
        told = told_of(self._routes.get(each.route_name), each, self._intervals)
        if told is None:
            looked.later[each.delivery_id] = None
        elif hushed := self._hushed_until(each):
            looked.later[each.delivery_id] = hushed
            told = None
        return told

    def _hushed_until(self, each: Known) -> datetime | None:
        context, mute = self._context, self._mutes.get(each.id)
        if mute:
            return max(mute.look_again_at(context.at) - context.told_later, context.now + _SOON)
        return context.now + _SOON if each.is_hushed else None

    def _decide(self, candidates: Sequence[tuple[Known, Told]], looked: Looked) -> None:
        now = self._context.now
        due = [told.due_at(now) for _, told in candidates]
        together = due_together(due, [told for _, told in candidates], now)
        for (each, _), due_at, is_told in zip(candidates, due, together, strict=True):
            if not is_told:
                looked.later[each.delivery_id] = due_at
            elif (opens_at := self._opens_at(each)) > now:
                looked.later[each.delivery_id] = opens_at
            else:
                looked.again[each.delivery_id] = self._terms.due_at(now, self._last.get(_place(each)))

    def _opens_at(self, each: Known) -> datetime:
        hours = hours_of(self._routes[each.route_name].hours)
        return opening_of(hours, each.severity, self._context.now, self._context.told_later)


def _place(each: Known) -> Place:
    return Place(each.route_name, each.group_code)

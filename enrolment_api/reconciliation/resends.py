"""The runner that publishes again what was asked for, page by page."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from enrolment_api.enrolments.events import event_of
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.reconciliation import queries
from enrolment_api.reconciliation.summaries import KINDS
from enrolment_api.registry.events import registered_event
from services.clock import Clock
from services.context import Context, context_of
from services.contracts.envelope import Event
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import ReadSession
from services.reconciliation import resends
from services.reconciliation.resends import EventPage, Resend


async def resend(database: Database, keys: PeopleKeys, clock: Clock, metrics: Metrics) -> None:
    """Publish it, unless too much waits for the broker."""

    async def read_page(session: ReadSession, what: Resend, limit: int) -> EventPage:
        if what.kind == "day":
            return await _page_of_day(session, keys, what, limit)
        return await _page_of_registry(session, context_of(clock, what.correlation_id), what, limit)

    await resends.publish_all(database, metrics, read_page)


async def _page_of_day(session: ReadSession, keys: PeopleKeys, what: Resend, limit: int) -> EventPage:
    """Sign-ups as they are now, under the ids and with the times that they were published by."""
    after = UUID(what.after) if what.after else None
    enrolments = await queries.enrolments_of_day(session, keys, date.fromisoformat(what.key), after, limit)
    events: list[Event] = [event_of(enrolment, at, what.correlation_id) for enrolment, at in enrolments]
    return EventPage(events, str(enrolments[-1][0].id) if len(enrolments) == limit else None)


async def _page_of_registry(session: ReadSession, context: Context, what: Resend, limit: int) -> EventPage:
    kind = next(kind for kind in KINDS if kind == what.key)
    entries = await queries.entries(session, kind, what.after or "", limit)
    events = [registered_event(entry, version, context) for entry, version in entries]
    return EventPage(events, entries[-1][0].code if len(entries) == limit else None)

"""Alerts over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request

from notifications.access import AlertReader, reads_own_of
from notifications.alerts import queries
from notifications.alerts.schemas import AlertPage, AlertQuery
from notifications.alerts.showing import shown, shown_one
from notifications.domain.alert import NoSuchAlert
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.timeline.queries import timeline_of
from notifications.timeline.schemas import Timeline, TimelineQuery, entry_of
from services.errors import Unreadable
from services.web.answers import refuses
from services.web.fields import AN_ID, Id
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import read, request_context

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=StrictRoute)

AlertId: TypeAlias = Annotated[Id, Path(description="Id of the alert", examples=[AN_ID])]


@router.get("")
async def list_alerts(actor: AlertReader, wanted: Annotated[AlertQuery, Query()], request: Request) -> AlertPage:
    """Alerts, newest first; with `alerts:own` those of the own organisation, of those below it and of their
    collectors."""
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}), own_of=reads_own_of(actor))
    async with read(request) as session:
        found = await queries.list_alerts(session, filters, wanted.limit + 1)
        page = cut(found, wanted.limit, lambda row: row.id)
        items = await shown(session, page.rows, request_context(request).at)
    return AlertPage(items=items, next=page.next)


@router.get("/{alert_id}", responses=refuses(NoSuchAlert, Unreadable))
async def get_alert(alert_id: AlertId, actor: AlertReader, request: Request) -> AlertSnapshot:
    """One alert; with `alerts:own` an own one."""
    async with read(request) as session:
        row = await queries.find_row(session, alert_id, reads_own_of(actor))
        return await shown_one(session, row, request_context(request).at)


@router.get("/{alert_id}/timeline", responses=refuses(NoSuchAlert))
async def get_timeline(
    alert_id: AlertId, actor: AlertReader, wanted: Annotated[TimelineQuery, Query()], request: Request
) -> Timeline:
    """What has become of the alert, the oldest first: who did what, when and why; with `alerts:own` of an own one."""
    async with read(request) as session:
        await queries.find_row(session, alert_id, reads_own_of(actor))
        found = await timeline_of(session, alert_id, wanted.after, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda entry: entry.seq)
    return Timeline(items=[entry_of(row) for row in page.rows], next=page.next)

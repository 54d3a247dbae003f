"""Alerts over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request

from notifications.access import AlertReader, AlertWriter, acts_on_own_of, reads_own_of
from notifications.alerts import queries, usecases
from notifications.alerts.schemas import AcknowledgementBody, AlertPage, AlertQuery
from notifications.domain.alert import AlreadyAcknowledged, AlreadyResolved, NoSuchAlert
from notifications.messages.alert_snapshot import AlertSnapshot
from services.errors import StaleVersion
from services.web.answers import refuses
from services.web.fields import AN_ID, Id
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=StrictRoute)

AlertId: TypeAlias = Annotated[Id, Path(description="Id of the alert", examples=[AN_ID])]


@router.get("")
async def list_alerts(actor: AlertReader, wanted: Annotated[AlertQuery, Query()], request: Request) -> AlertPage:
    """Alerts, newest first; with `alerts:own` those of the own organisation, of those below it and of their
    collectors."""
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}), own_of=reads_own_of(actor))
    async with read(request) as session:
        found = await queries.list_alerts(session, filters, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda alert: alert.id)
    return AlertPage(items=list(page.rows), next=page.next)


@router.get("/{alert_id}", responses=refuses(NoSuchAlert))
async def get_alert(alert_id: AlertId, actor: AlertReader, request: Request) -> AlertSnapshot:
    """One alert; with `alerts:own` an own one."""
    async with read(request) as session:
        return await queries.find_alert(session, alert_id, reads_own_of(actor))


@router.post(
    "/{alert_id}/acknowledgement",
    responses=refuses(NoSuchAlert, StaleVersion, AlreadyAcknowledged, AlreadyResolved),
)
async def acknowledge_alert(
    alert_id: AlertId, body: AcknowledgementBody, actor: AlertWriter, request: Request
) -> AlertSnapshot:
    """Acknowledge the alert; with `alerts:own` an own one. 409 where it has changed since `version`, or was
    acknowledged before."""
    group_wait: timedelta = request.app.state.runtime.settings.group_wait
    async with act(request) as (work, context):
        return await usecases.acknowledge(
            work, context, alert_id, body.version, group_wait=group_wait, own_of=acts_on_own_of(actor)
        )

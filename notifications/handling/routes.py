"""What people do about alerts, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request

from notifications.access import AlertReader, AlertWriter, acts_on_own_of, reads_own_of
from notifications.alerts.routes import AlertId
from notifications.domain.alert import AlreadyAcknowledged, AlreadyResolved, NoSuchAlert
from notifications.domain.report import MOST_REMEDIES, NoSuchRemedy, RemedyIsSettled
from notifications.domain.terms import Terms
from notifications.handling import queries, usecases
from notifications.handling.schemas import (
    AcknowledgementBody,
    RemedyBody,
    ReportBody,
    ReportView,
    ResolutionBody,
    report_view,
)
from notifications.handling.usecases import Outcome, Seen
from notifications.messages.alert_snapshot import AlertSnapshot
from services.context import Actor
from services.errors import StaleVersion
from services.web.answers import refuses
from services.web.fields import digits
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=StrictRoute)


def _terms(request: Request) -> Terms:
    terms: Terms = request.app.state.runtime.settings.terms
    return terms


def _seen(alert_id: UUID, version: int, actor: Actor) -> Seen:
    return Seen(alert_id, version, acts_on_own_of(actor))


@router.post(
    "/{alert_id}/acknowledgement",
    responses=refuses(NoSuchAlert, StaleVersion, AlreadyAcknowledged, AlreadyResolved),
)
async def acknowledge_alert(
    alert_id: AlertId, body: AcknowledgementBody, actor: AlertWriter, request: Request
) -> AlertSnapshot:
    """Acknowledge the alert; with `alerts:own` an own one. 409 where it has changed since `version`, or was
    acknowledged before. Without a report it is open again at `acknowledged_until`."""
    async with act(request) as (work, context):
        seen = _seen(alert_id, body.version, actor)
        return await usecases.acknowledge(work, context, seen, body.note, _terms(request))


@router.post("/{alert_id}/report", responses=refuses(NoSuchAlert, StaleVersion, AlreadyResolved))
async def report_alert(alert_id: AlertId, body: ReportBody, actor: AlertWriter, request: Request) -> AlertSnapshot:
    """Report why the target lags, and what is done about it; with `alerts:own` of an own alert. Another report takes
    the place of the causes, and adds to the remedies."""
    causes, plans = body.given()
    async with act(request) as (work, context):
        seen = _seen(alert_id, body.version, actor)
        return await usecases.report_alert(work, context, seen, causes, plans, _terms(request))


@router.get("/{alert_id}/report", responses=refuses(NoSuchAlert))
async def get_report(alert_id: AlertId, actor: AlertReader, request: Request) -> ReportView:
    """The causes of the last report of the alert, and the remedies of all; with `alerts:own` of an own one."""
    async with read(request) as session:
        return report_view(await queries.find_report(session, alert_id, reads_own_of(actor)))


@router.post(
    "/{alert_id}/remedies/{n}",
    responses=refuses(NoSuchAlert, NoSuchRemedy, StaleVersion, AlreadyResolved, RemedyIsSettled),
)
async def settle_remedy(
    alert_id: AlertId,
    n: Annotated[int, digits(least=1, most=MOST_REMEDIES), Path(description="Number of the remedy", examples=[1])],
    body: RemedyBody,
    actor: AlertWriter,
    request: Request,
) -> AlertSnapshot:
    """Say that a remedy was done, missed or dropped; with `alerts:own` of an own alert."""
    outcome = Outcome(n, body.state, body.note)
    async with act(request) as (work, context):
        return await usecases.settle_remedy(
            work, context, _seen(alert_id, body.version, actor), outcome, _terms(request)
        )


@router.post("/{alert_id}/resolution", responses=refuses(NoSuchAlert, StaleVersion, AlreadyResolved))
async def resolve_alert(alert_id: AlertId, body: ResolutionBody, actor: AlertWriter, request: Request) -> AlertSnapshot:
    """End the alert by hand; with `alerts:own` an own one. It is raised again where the target lags more gravely."""
    async with act(request) as (work, context):
        seen = _seen(alert_id, body.version, actor)
        return await usecases.resolve(work, context, seen, body.reason, _terms(request))

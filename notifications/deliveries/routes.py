"""Deliveries over HTTP: their states and attempts, and sending one again."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request

from notifications.access import AlertReader, AlertWriter, RouteWriter, acts_on_own_of, reads_own_of
from notifications.deliveries import queries, usecases
from notifications.deliveries.replays import Replay, replay
from notifications.deliveries.schemas import DeliveryPage, DeliveryQuery, DeliveryView, ReplayBody, ReplayView
from notifications.domain.delivery import NoSuchDelivery, NotRetriable
from notifications.domain.route import NoSuchRoute
from services.clock import told_later
from services.web.answers import refuses
from services.web.fields import AN_ID, Id
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"], route_class=StrictRoute)

DeliveryId: TypeAlias = Annotated[Id, Path(description="Id of the delivery", examples=[AN_ID])]


@router.get("")
async def list_deliveries(
    actor: AlertReader, wanted: Annotated[DeliveryQuery, Query()], request: Request
) -> DeliveryPage:
    """Deliveries, newest first, each with all attempts; with `alerts:own` those of own alerts, without addresses."""
    own_of = reads_own_of(actor)
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}), own_of=own_of)
    async with read(request) as session:
        found = await queries.list_deliveries(session, filters, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda each: each.delivery.id)
    later = told_later(request.app.state.runtime.clock)
    items = [DeliveryView.of(each, later, with_address=own_of is None) for each in page.rows]
    return DeliveryPage(items=items, next=page.next)


@router.post("/replay", status_code=202, responses=refuses(NoSuchRoute, NotRetriable))
async def replay_deliveries(body: ReplayBody, _: RouteWriter, request: Request) -> ReplayView:
    """Send again what was sent, given up or left unconfirmed, for a receiver that has lost data: in order, each message
    under the `webhook-id` or Message-ID that it had. Of an alert the newest delivery alone is sent."""
    wanted = Replay(body.route, body.since, body.before)
    async with act(request) as (work, context):
        done = await replay(work, context, wanted)
    return ReplayView(deliveries=done.deliveries, messages=done.messages)


@router.post("/{delivery_id}/retry", status_code=202, responses=refuses(NoSuchDelivery, NotRetriable))
async def retry_delivery(delivery_id: DeliveryId, actor: AlertWriter, request: Request) -> DeliveryView:
    """Send it now; a failed or unconfirmed one gets one more attempt. With `alerts:own` one of an own alert. 409 where
    it was accepted already."""
    own_of = acts_on_own_of(actor)
    async with act(request) as (work, context):
        shown = await usecases.send_again(work, context, delivery_id, own_of)
    return DeliveryView.of(shown, context.told_later, with_address=own_of is None)

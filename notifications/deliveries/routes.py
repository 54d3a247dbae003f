"""Deliveries over HTTP: their states and attempts, and sending one again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from notifications.access import AlertReader, AlertWriter
from notifications.deliveries import queries, usecases
from notifications.deliveries.schemas import DeliveryPage, DeliveryQuery, DeliveryView
from services.web.fields import Id
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"], route_class=StrictRoute)


@router.get("")
async def list_deliveries(_: AlertReader, wanted: Annotated[DeliveryQuery, Query()], request: Request) -> DeliveryPage:
    """Deliveries, newest first, each with all attempts."""
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}))
    async with read(request) as session:
        found = await queries.list_deliveries(session, filters, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda each: each.delivery.id)
    return DeliveryPage(items=[DeliveryView.of(each) for each in page.rows], next=page.next)


@router.post("/{delivery_id}/retry", status_code=202)
async def retry_delivery(delivery_id: Annotated[Id, Path()], _: AlertWriter, request: Request) -> DeliveryView:
    """Send it now; a failed or unconfirmed one gets one more attempt. 409 for one that was accepted already."""
    async with act(request) as (work, context):
        return DeliveryView.of(await usecases.send_again(work, context, delivery_id))

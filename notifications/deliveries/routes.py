"""Deliveries over HTTP: their states and attempts, and sending one again."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request

from notifications.access import AlertReader, AlertWriter
from notifications.deliveries import queries, usecases
from notifications.deliveries.schemas import DeliveryPage, DeliveryQuery, DeliveryView
from notifications.domain.delivery import NoSuchDelivery, NotRetriable
from services.web.answers import refuses
from services.web.fields import AN_ID, Id
from services.web.lists import cut
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

DeliveryId: TypeAlias = Annotated[Id, Path(description="Id of the delivery", examples=[AN_ID])]


@router.get("")
async def list_deliveries(_: AlertReader, wanted: Annotated[DeliveryQuery, Query()], request: Request) -> DeliveryPage:
    """Deliveries, newest first, each with all attempts."""
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}))
    async with read(request) as session:
        found = await queries.list_deliveries(session, filters, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda each: each.delivery.id)
    return DeliveryPage(items=[DeliveryView.of(each) for each in page.rows], next=page.next)


@router.post("/{delivery_id}/retry", status_code=202, responses=refuses(NoSuchDelivery, NotRetriable))
async def retry_delivery(delivery_id: DeliveryId, _: AlertWriter, request: Request) -> DeliveryView:
    """Send it now; a failed or unconfirmed one gets one more attempt. 409 for one that was accepted already."""
    async with act(request) as (work, context):
        return DeliveryView.of(await usecases.send_again(work, context, delivery_id))

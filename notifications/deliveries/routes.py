"""Deliveries over HTTP: what became of each, and sending one again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from notifications.deliveries.schemas import DeliveryPage, DeliveryView
from notifications.deliveries.store import DeliveryFilter
from notifications.deliveries.usecases import read_deliveries, send_again
from notifications.domain.delivery import State
from services.clock import Clock
from services.persistence.database import Database
from services.security.tokens import Principal
from services.web.auth import requires

Limit = Annotated[int, Query(ge=1, le=200)]
Reader = Annotated[Principal, requires("alerts:read")]
Writer = Annotated[Principal, requires("alerts:write")]


def delivery_routes(database: Database, clock: Clock) -> APIRouter:
    """List deliveries with their attempts, and have one sent again."""
    router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

    @router.get("")
    async def list_deliveries(
        _: Reader,
        alert_id: UUID | None = None,
        state: State | None = None,
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> DeliveryPage:
        """Deliveries, newest first, each with all attempts."""
        async with database.read() as session:
            found = await read_deliveries(session, DeliveryFilter(alert_id, state), after, limit + 1)
        more = len(found) > limit
        return DeliveryPage(items=found[:limit], next=found[limit - 1].id if more else None)

    @router.post("/{delivery_id}/retry", status_code=202)
    async def retry_delivery(delivery_id: UUID, _: Writer) -> DeliveryView:
        """Send it now; a failed or unconfirmed one gets one more attempt. 409 for one that was taken already."""
        async with database.write() as work:
            return await send_again(work, delivery_id, clock.now())

    return router

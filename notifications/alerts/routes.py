"""Alerts over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from notifications.alerts.schemas import AcknowledgementBody, AlertPage
from notifications.alerts.store import AlertFilter
from notifications.alerts.usecases import Acknowledgement, acknowledge, read_alert, read_alerts
from notifications.domain.alert import Status
from notifications.messages.alert_snapshot import AlertSnapshot
from services.clock import Clock
from services.persistence.database import Database
from services.security.tokens import Principal
from services.vocabulary import Severity
from services.web.auth import requires

Code = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00-\x1f]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]
Reader = Annotated[Principal, requires("alerts:read")]
Writer = Annotated[Principal, requires("alerts:write")]


def alert_routes(database: Database, clock: Clock, new_id: Callable[[], UUID]) -> APIRouter:
    """Read alerts, and take one on."""
    router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

    @router.get("")
    async def list_alerts(
        _: Reader,
        status: Status | None = None,
        under: Code = None,
        severity: Severity | None = None,
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> AlertPage:
        """Alerts, newest first; `under` is a code that the alert's unit is or lies under."""
        async with database.read() as session:
            found = await read_alerts(session, AlertFilter(status, under, severity), after, limit + 1)
        more = len(found) > limit
        return AlertPage(items=found[:limit], next=found[limit - 1].id if more else None)

    @router.get("/{alert_id}")
    async def show_alert(alert_id: UUID, _: Reader) -> AlertSnapshot:
        """One alert."""
        async with database.read() as session:
            return await read_alert(session, alert_id)

    @router.post("/{alert_id}/acknowledgement")
    async def acknowledge_alert(
        alert_id: UUID, body: AcknowledgementBody, principal: Writer, request: Request
    ) -> AlertSnapshot:
        """Take the alert on. 409 where it has changed since `version`, or somebody else was faster."""
        command = Acknowledgement(alert_id, body.version, principal.organisation_code, request.state.request_id)
        return await acknowledge(database, command, now=clock.now(), new_id=new_id)

    return router

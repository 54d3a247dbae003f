"""Alerts as server-sent events over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.sse import format_sse_event

from notifications.access import AlertReader, reads_own_of
from notifications.alerts.queries import Filters, known_unit
from notifications.alerts.schemas import AlertFilters
from notifications.alerts.stream.queries import those_among
from notifications.scopes import ALERTS_OWN, ALERTS_READ
from services.context import context_of
from services.web.sse.answer import LastEventId, Listening, described, stream
from services.web.strict_route import StrictRoute
from services.web.transactions import read

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], route_class=StrictRoute)

_ANSWER: Final = described(
    ["alert", "gone"], "An alert, the id of one", '{"id":"0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01","status":"open"}'
)


@router.get("/stream", **_ANSWER)
async def stream_alerts(
    request: Request,
    actor: AlertReader,
    wanted: Annotated[AlertFilters, Query()],
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events on the alerts that `GET /v1/alerts` lists with the same parameters. `alert` has in `data` what
    `GET /v1/alerts/{id}` answers, for each one that has changed, at most once a second; `gone` the `id` of one that is
    not, or no longer, among them. `reload`, the first event where no `Last-Event-ID` is sent, says that anything may
    have changed: read the list anew. Ids go on at any process of the service, for a day. With `alerts:own` it is about
    own alerts."""
    filters = await _filters(request, Filters(**wanted.model_dump(), own_of=reads_own_of(actor)))

    async def tell(ids: Sequence[str]) -> list[bytes]:
        return await _told(request, filters, ids)

    listening = Listening(request, filters, last_event_id, [ALERTS_READ, ALERTS_OWN])
    return await stream(request.app.state.feed, listening, tell)


async def _filters(request: Request, given: Filters) -> Filters:
    """With the unit as it is registered."""
    if given.under is None:
        return given
    async with read(request) as session:
        return replace(given, under=await known_unit(session, given.under))


async def _told(request: Request, filters: Filters, ids: Sequence[str]) -> list[bytes]:
    at = context_of(request.app.state.runtime.clock).at
    async with read(request) as session:
        found = await those_among(session, filters, list(map(UUID, ids)), at)
    return [
        format_sse_event(event="alert", data_str=alert.model_dump_json())
        if (alert := found.get(UUID(each)))
        else format_sse_event(event="gone", data_str=json.dumps({"id": each}))
        for each in ids
    ]

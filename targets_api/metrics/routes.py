"""Metrics of units over HTTP, as Prometheus asks for them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, Security
from prometheus_client.exposition import choose_encoder

from services.context import Actor
from services.web.answers import refuses
from services.web.auth import authorize
from services.web.etag import tagged, tagged_response
from services.web.strict_route import StrictRoute
from services.web.transactions import read, request_context
from targets_api.domain.owner import NoSuchOwner
from targets_api.metrics.families import Families
from targets_api.metrics.reader import read_units
from targets_api.metrics.schemas import ANSWER, EXTRA, MetricsQuery
from targets_api.remembering.queries import current_state
from targets_api.scopes import PROGRESS_READ

router = APIRouter(prefix="/v1/metrics", tags=["progress"], route_class=StrictRoute)


@router.get(
    "/progress",
    response_class=Response,
    responses={**ANSWER, **refuses(NoSuchOwner)},
    openapi_extra=EXTRA,
)
async def get_progress_metrics(
    _: Annotated[Actor, Security(authorize, scopes=[PROGRESS_READ])],
    wanted: Annotated[MetricsQuery, Query()],
    request: Request,
) -> Response:
    """Sign-ups, coverage and pace of each commune, or of each unit of another level, for a Prometheus of your own; of
    5,000 units at most.

    Of several targets whose period includes today that of the longest period is shown, of these the one that began
    last.
    """
    today = request_context(request).today
    async with read(request) as session:
        state = await current_state(session)
        measured = await read_units(session, wanted.scheme, wanted.level, wanted.under, today)
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    text = await asyncio.to_thread(encode, Families(measured, state.as_of))
    response = tagged_response(request, tagged(text), media_type)
    response.headers["Vary"] = "Accept"
    return response

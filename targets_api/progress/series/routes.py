"""Series over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.strict_route import StrictRoute
from targets_api.access import reads_own_of
from targets_api.domain.owner import NoSuchOwner
from targets_api.progress.reader import answer
from targets_api.progress.series.parameters import SeriesQuery
from targets_api.progress.series.queries import COLLECTOR, ORGANISATION, UNIT, SeriesKey
from targets_api.progress.series.schemas import CollectorSeries, OrganisationSeries, UnitSeries
from targets_api.remembering.read import Read
from targets_api.scopes import PROGRESS_OWN, PROGRESS_READ

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

Asked = HotRequest[SeriesQuery, Any, Any]


def _declaration(answer: type[Any], *scopes: str) -> Declaration[SeriesQuery, Any, Any]:
    return Declaration(scopes=scopes, parameters=SeriesQuery, answer=answer, refuses=[NoSuchOwner])


@hot_route(router, "GET", "/units/{code}/series", _declaration(UnitSeries, PROGRESS_READ))
async def get_unit_series(hot: Asked) -> Response:
    """Sign-ups in the unit and all below it, from `from` to `on`, by day, week or month."""
    return await _answer(hot, UNIT)


@hot_route(router, "GET", "/organisations/{code}/series", _declaration(OrganisationSeries, PROGRESS_READ, PROGRESS_OWN))
async def get_organisation_series(hot: Asked) -> Response:
    """Of an organisation and those below it. With `progress:own` the own organisation, or one below it."""
    return await _answer(hot, ORGANISATION)


@hot_route(router, "GET", "/collectors/{code}/series", _declaration(CollectorSeries, PROGRESS_READ, PROGRESS_OWN))
async def get_collector_series(hot: Asked) -> Response:
    """Of a collector. With `progress:own` one of the own organisation, or of one below it."""
    return await _answer(hot, COLLECTOR)


async def _answer(hot: Asked, read: Read[SeriesKey]) -> Response:
    key = hot.parameters.key(hot.context().today, reads_own_of(hot.actor))
    return tagged_response(hot.request, await answer(hot.request.app.state.answers, read, key))

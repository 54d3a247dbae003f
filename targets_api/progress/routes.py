"""Progress over HTTP: the hot path of reads."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.strict_route import StrictRoute
from targets_api.access import reads_own_of
from targets_api.domain.owner import NoSuchOwner
from targets_api.progress.figures import ProgressKey
from targets_api.progress.parameters import CollectorQuery, OrganisationQuery, ProgressQuery, UnitQuery
from targets_api.progress.reader import CHILDREN, COLLECTOR, ORGANISATION, UNIT, answer
from targets_api.progress.schemas import ChildrenProgress, CollectorProgress, OrganisationProgress, UnitProgress
from targets_api.remembering.read import Read
from targets_api.scopes import PROGRESS_OWN, PROGRESS_READ

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

Progress = HotRequest[ProgressQuery, Any, Any]


def _declaration(
    answer: type[Any], *scopes: str, query: type[ProgressQuery] = ProgressQuery
) -> Declaration[ProgressQuery, Any, Any]:
    return Declaration(scopes=scopes, parameters=query, answer=answer, refuses=[NoSuchOwner])


@hot_route(router, "GET", "/units/{code}", _declaration(UnitProgress, PROGRESS_READ, query=UnitQuery))
async def get_unit_progress(hot: Progress) -> Response:
    """Sign-ups from `from` to `on` in the unit and all below it, coverage, and the pace of the unit's own targets of
    those years. A unit's figures are everybody's, and so need `progress:read`."""
    return await _answer(hot, UNIT)


@hot_route(router, "GET", "/units/{code}/children", _declaration(ChildrenProgress, PROGRESS_READ))
async def get_children_progress(hot: Progress) -> Response:
    """The same for each unit directly below, by name."""
    return await _answer(hot, CHILDREN)


@hot_route(
    router,
    "GET",
    "/organisations/{code}",
    _declaration(OrganisationProgress, PROGRESS_READ, PROGRESS_OWN, query=OrganisationQuery),
)
async def get_organisation_progress(hot: Progress) -> Response:
    """What an organisation and those below it have signed up, and the pace of its targets. With `progress:own` the
    own organisation, or one below it."""
    return await _answer(hot, ORGANISATION)


@hot_route(
    router,
    "GET",
    "/collectors/{code}",
    _declaration(CollectorProgress, PROGRESS_READ, PROGRESS_OWN, query=CollectorQuery),
)
async def get_collector_progress(hot: Progress) -> Response:
    """What a collector has signed up, and the pace of their targets. With `progress:own` one of the own
    organisation, or of one below it."""
    return await _answer(hot, COLLECTOR)


async def _answer(hot: Progress, read: Read[ProgressKey]) -> Response:
    key = hot.parameters.key(hot.context().today, reads_own_of(hot.actor))
    return tagged_response(hot.request, await answer(hot.request.app.state.answers, read, key))

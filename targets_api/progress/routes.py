"""Progress over HTTP: the hot path of reads."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from targets_api.access import PROGRESS_READ
from targets_api.domain.owner import NoSuchOwner
from targets_api.progress.parameters import ProgressQuery
from targets_api.progress.reader import ProgressReader
from targets_api.progress.schemas import ChildrenProgress, CollectorProgress, OrganisationProgress, UnitProgress

router = APIRouter(prefix="/v1/progress", tags=["progress"])

Progress = HotRequest[ProgressQuery, Any, Any]


def _declaration(answer: type[Any]) -> Declaration[ProgressQuery, Any, Any]:
    return Declaration(scope=PROGRESS_READ, parameters=ProgressQuery, answer=answer, tagged=True, refuses=[NoSuchOwner])


@hot_route(router, "GET", "/units/{code}", _declaration(UnitProgress))
async def get_unit_progress(hot: Progress) -> Response:
    """Sign-ups from `from` to `on` in the unit and all below it, coverage, and the pace of the unit's own targets of
    those years."""
    return tagged_response(hot.request, await _reader(hot).of_unit(hot.parameters.key(hot.context().today)))


@hot_route(router, "GET", "/units/{code}/children", _declaration(ChildrenProgress))
async def get_children_progress(hot: Progress) -> Response:
    """The same for each unit directly below, by name."""
    return tagged_response(hot.request, await _reader(hot).of_children(hot.parameters.key(hot.context().today)))


@hot_route(router, "GET", "/organisations/{code}", _declaration(OrganisationProgress))
async def get_organisation_progress(hot: Progress) -> Response:
    """What an organisation and those below it have signed up, and the pace of its targets."""
    return tagged_response(hot.request, await _reader(hot).of_organisation(hot.parameters.key(hot.context().today)))


@hot_route(router, "GET", "/collectors/{code}", _declaration(CollectorProgress))
async def get_collector_progress(hot: Progress) -> Response:
    """What a collector has signed up, and the pace of their targets."""
    return tagged_response(hot.request, await _reader(hot).of_collector(hot.parameters.key(hot.context().today)))


def _reader(hot: Progress) -> ProgressReader:
    reader: ProgressReader = hot.request.app.state.progress_reader
    return reader

"""Curves over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.vocabulary import RegistryKind
from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.strict_route import StrictRoute
from targets_api.access import reads_own_of
from targets_api.curves.reader import PACE, CurveKey
from targets_api.curves.schemas import PaceCurve, PaceQuery
from targets_api.domain.target import NoSuchTarget
from targets_api.scopes import PROGRESS_OWN, PROGRESS_READ

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

Asked = HotRequest[PaceQuery, Any, Any]


def _declaration(*scopes: str) -> Declaration[PaceQuery, Any, Any]:
    return Declaration(scopes=scopes, parameters=PaceQuery, answer=PaceCurve, refuses=[NoSuchTarget])


@hot_route(router, "GET", "/units/{code}/pace", _declaration(PROGRESS_READ))
async def get_unit_pace(hot: Asked) -> Response:
    """What was reached of a target of the unit on each day of its period, and what was expected."""
    return await _curve(hot, "unit")


@hot_route(router, "GET", "/organisations/{code}/pace", _declaration(PROGRESS_READ, PROGRESS_OWN))
async def get_organisation_pace(hot: Asked) -> Response:
    """The same of a target of the organisation; with `progress:own` of the own one, or one below it."""
    return await _curve(hot, "organisation")


@hot_route(router, "GET", "/collectors/{code}/pace", _declaration(PROGRESS_READ, PROGRESS_OWN))
async def get_collector_pace(hot: Asked) -> Response:
    """The same of a target of the collector; with `progress:own` of one of the own organisation, or of one below it."""
    return await _curve(hot, "collector")


async def _curve(hot: Asked, kind: RegistryKind) -> Response:
    asked = hot.parameters
    key = CurveKey(kind, asked.code, asked.target_id, reads_own_of(hot.actor))
    answer = await hot.request.app.state.answers.of(PACE, key)
    if answer is None:
        raise NoSuchTarget(f"{kind} {asked.code} has no target {asked.target_id}: its progress shows those that it has")
    return tagged_response(hot.request, answer)

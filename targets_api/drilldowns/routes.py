"""Those below an organisation, and those who signed up in a unit, over HTTP."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.strict_route import StrictRoute
from targets_api.access import reads_own_of
from targets_api.domain.owner import NoSuchOwner
from targets_api.drilldowns.reader import COLLECTORS_OF_IT, ORGANISATIONS_BELOW_IT
from targets_api.drilldowns.schemas import BelowKey, BelowPage, BelowQuery, InUnitPage, InUnitQuery
from targets_api.drilldowns.unit_reader import COLLECTORS_IN_IT, ORGANISATIONS_IN_IT
from targets_api.progress.reader import answer
from targets_api.remembering.read import Read
from targets_api.scopes import PROGRESS_OWN, PROGRESS_READ

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

Asked = HotRequest[BelowQuery, Any, Any]
_BELOW: Final[Declaration[BelowQuery, Any, Any]] = Declaration(
    scopes=(PROGRESS_READ, PROGRESS_OWN), parameters=BelowQuery, answer=BelowPage, refuses=[NoSuchOwner]
)
_IN_UNIT: Final[Declaration[BelowQuery, Any, Any]] = Declaration(
    scopes=(PROGRESS_READ,), parameters=InUnitQuery, answer=InUnitPage, refuses=[NoSuchOwner]
)


@hot_route(router, "GET", "/organisations/{code}/organisations", _BELOW)
async def list_organisations_below(hot: Asked) -> Response:
    """Each organisation directly below, with all below it. With `progress:own` of the own one, or one below it."""
    return await _answer(hot, ORGANISATIONS_BELOW_IT)


@hot_route(router, "GET", "/organisations/{code}/collectors", _BELOW)
async def list_collectors_of(hot: Asked) -> Response:
    """Each collector of the organisation itself. With `progress:own` of the own one, or one below it."""
    return await _answer(hot, COLLECTORS_OF_IT)


@hot_route(router, "GET", "/units/{code}/organisations", _IN_UNIT)
async def list_unit_organisations(hot: Asked) -> Response:
    """Each organisation that signed up in the unit or below it, without those below the organisation. So they add up
    to the unit."""
    return await _answer(hot, ORGANISATIONS_IN_IT)


@hot_route(router, "GET", "/units/{code}/collectors", _IN_UNIT)
async def list_unit_collectors(hot: Asked) -> Response:
    """Each collector who signed up in the unit or below it, for whichever organisation; `organisation_code` is the one
    they are of by now."""
    return await _answer(hot, COLLECTORS_IN_IT)


async def _answer(hot: Asked, read: Read[BelowKey]) -> Response:
    key = hot.parameters.key(hot.context().today, reads_own_of(hot.actor))
    return tagged_response(hot.request, await answer(hot.request.app.state.answers, read, key))

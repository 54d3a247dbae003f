"""Those below an organisation over HTTP."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.strict_route import StrictRoute
from targets_api.access import PROGRESS_OWN, PROGRESS_READ, reads_own_of
from targets_api.domain.owner import NoSuchOwner
from targets_api.drilldowns.reader import COLLECTORS_OF_IT, ORGANISATIONS_BELOW_IT
from targets_api.drilldowns.schemas import BelowKey, BelowPage, BelowQuery
from targets_api.remembering.read import Read

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

Asked = HotRequest[BelowQuery, Any, Any]
_BELOW: Final[Declaration[BelowQuery, Any, Any]] = Declaration(
    scopes=(PROGRESS_READ, PROGRESS_OWN), parameters=BelowQuery, answer=BelowPage, refuses=[NoSuchOwner]
)


@hot_route(router, "GET", "/organisations/{code}/organisations", _BELOW)
async def list_organisations_below(hot: Asked) -> Response:
    """Each organisation directly below, with all below it. With `progress:own` of the own one, or one below it."""
    return await _answer(hot, ORGANISATIONS_BELOW_IT)


@hot_route(router, "GET", "/organisations/{code}/collectors", _BELOW)
async def list_collectors_of(hot: Asked) -> Response:
    """Each collector of the organisation itself. With `progress:own` of the own one, or one below it."""
    return await _answer(hot, COLLECTORS_OF_IT)


async def _answer(hot: Asked, read: Read[BelowKey]) -> Response:
    key = hot.parameters.key(hot.context().today, reads_own_of(hot.actor))
    answer = await hot.request.app.state.answers.of(read, key)
    if answer is None:
        raise NoSuchOwner(
            f"no organisation {key.code} is known here: check the code; what was registered just now arrives within "
            "moments"
        )
    return tagged_response(hot.request, answer)

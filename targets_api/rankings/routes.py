"""Rankings over HTTP."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Response

from services.context import Actor
from services.web.etag import tagged_response
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.strict_route import StrictRoute
from targets_api.access import reads_own_of
from targets_api.domain.owner import NoSuchOwner
from targets_api.rankings.keys import RankingKey
from targets_api.rankings.remembered import RANKING
from targets_api.rankings.schemas import RankingPage, RankingQuery
from targets_api.scopes import PROGRESS_OWN, PROGRESS_READ

router = APIRouter(prefix="/v1", tags=["progress"], route_class=StrictRoute)

Asked = HotRequest[RankingQuery, Any, Any]
_RANKING: Final[Declaration[RankingQuery, Any, Any]] = Declaration(
    scopes=(PROGRESS_READ, PROGRESS_OWN), parameters=RankingQuery, answer=RankingPage, refuses=[NoSuchOwner]
)


@hot_route(router, "GET", "/rankings", _RANKING)
async def list_ranking(hot: Asked) -> Response:
    """Units of a level, organisations or collectors by what they have reached, with the rank that they had before.

    By `ratio` and `attained` each is ranked by a target of its own whose period includes `on`: of several that of the
    longest period, of these the one that began last. With `progress:own` those below the own organisation are ranked
    among themselves; a ranking of units needs `progress:read`.
    """
    key = hot.parameters.page(hot.context().today, reads_own_of(hot.actor))
    _check_scope(hot.actor, key.ranking)
    answer = await hot.request.app.state.answers.of(RANKING, key)
    if answer is None:
        raise _unknown(key.ranking)
    return tagged_response(hot.request, answer)


def _check_scope(actor: Actor, key: RankingKey) -> None:
    """Raises Forbidden: a unit's figures are everybody's."""
    if key.kind == "unit":
        actor.require(PROGRESS_READ)


def _unknown(key: RankingKey) -> NoSuchOwner:
    kind = "unit" if key.kind == "unit" else "organisation"
    return NoSuchOwner(
        f"no {kind} {key.under} is known here: check under; what was registered just now arrives within moments"
    )

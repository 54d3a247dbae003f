"""Rankings over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.context import Actor
from services.web.answers import refuses
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import read, request_context
from targets_api.access import PROGRESS_READ, ProgressReader, reads_own_of
from targets_api.domain.owner import NoSuchOwner
from targets_api.domain.ranking import page_of
from targets_api.rankings.keys import RankingKey
from targets_api.rankings.ranking_view import ranking_page
from targets_api.rankings.reader import figures_of_page, read_ranking
from targets_api.rankings.schemas import RankingPage, RankingQuery

router = APIRouter(prefix="/v1", tags=["progress"], route_class=StrictRoute)


@router.get("/rankings", responses=refuses(NoSuchOwner))
async def list_ranking(
    actor: ProgressReader, wanted: Annotated[RankingQuery, Query()], request: Request
) -> RankingPage:
    """Units of a level, organisations or collectors by what they have reached, with the rank that they had before.

    By `ratio` and `attained` each is ranked by a target of its own whose period includes `on`: of several that of the
    longest period, of these the one that began last. With `progress:own` those below the own organisation are ranked
    among themselves; a ranking of units needs `progress:read`.
    """
    today = request_context(request).today
    key = wanted.key(today, reads_own_of(actor))
    _check_scope(actor, key)
    async with read(request) as session:
        ranking = await read_ranking(session, key, today)
        if ranking is None:
            raise _unknown(key)
        found = page_of(ranking.standings, wanted.after, wanted.limit + 1)
        page = cut(found, wanted.limit, lambda standing: standing.place)
        figures = await figures_of_page(session, ranking, page.rows, today)
    return ranking_page(ranking, figures, page.next, today)


def _check_scope(actor: Actor, key: RankingKey) -> None:
    """Raises Forbidden: a unit's figures are everybody's."""
    if key.kind == "unit":
        actor.require(PROGRESS_READ)


def _unknown(key: RankingKey) -> NoSuchOwner:
    kind = "unit" if key.kind == "unit" else "organisation"
    return NoSuchOwner(
        f"no {kind} {key.under} is known here: check under; what was registered just now arrives within moments"
    )

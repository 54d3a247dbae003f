"""Pages of rankings, as they are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from services.persistence.unit_of_work import ReadSession
from services.web.lists import cut
from targets_api.domain.ranking import page_of
from targets_api.rankings.keys import PageKey
from targets_api.rankings.ranking_view import ranking_page
from targets_api.rankings.reader import figures_of_page, read_ranking
from targets_api.rankings.schemas import RankingPage
from targets_api.remembering.read import Read, Subject, on_anything, on_organisation, on_unit, one_by_one


async def read_page(session: ReadSession, key: PageKey, today: date) -> RankingPage | None:
    """A page of the ranking; None where nobody is known under the code `under`."""
    ranking = await read_ranking(session, key.ranking, today)
    if ranking is None:
        return None
    page = cut(page_of(ranking.standings, key.after, key.limit + 1), key.limit, lambda standing: standing.place)
    figures = await figures_of_page(session, ranking, page.rows, today)
    return ranking_page(ranking, figures, page.next, today)


def _depends_on(key: PageKey) -> Sequence[Subject]:
    """Collectors also on what they sign up for organisations that they are not of."""
    ranking = key.ranking
    under = ranking.under or ranking.own_of
    if under is None or ranking.kind == "collector":
        return on_anything(ranking.scheme)
    return (on_unit if ranking.kind == "unit" else on_organisation)(under, ranking.scheme)


RANKING: Final = Read("ranking", one_by_one(read_page), _depends_on, is_costly=lambda _, __: True, at_most=1)

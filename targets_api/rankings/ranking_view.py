"""A page of a ranking as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.vocabulary import RegistryKind
from targets_api.progress.progress_view import owner_with_figures
from targets_api.rankings.reader import RankedFigures, Ranking
from targets_api.rankings.schemas import RankedCollector, RankedOrganisation, RankedUnit, RankingPage

_ITEMS: Final[Mapping[RegistryKind, type[Any]]] = {
    "unit": RankedUnit,
    "organisation": RankedOrganisation,
    "collector": RankedCollector,
}


def ranking_page(ranking: Ranking, items: Sequence[RankedFigures], following: str | None, today: date) -> RankingPage:
    """As it is shown; `following` is where the next page begins."""
    key, item = ranking.key, _ITEMS[ranking.key.kind]
    return RankingPage(
        level=key.level,
        scheme=key.scheme,
        by=key.by,
        measure=key.measure,
        start=key.start,
        on=key.on,
        before=key.before,
        items=[item(**_standing(each), **owner_with_figures(each.figures, today)) for each in items],
        next=following,
    )


def _standing(each: RankedFigures) -> dict[str, Any]:
    standing = each.standing
    return {
        "rank": standing.rank,
        "rank_before": standing.rank_before,
        "value": standing.place.value,
        "target_id": each.target_id,
    }

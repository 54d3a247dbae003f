"""A page of a ranking as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from targets_api.progress.progress_view import owner_with_figures
from targets_api.rankings.reader import RankedFigures, Ranking
from targets_api.rankings.schemas import RankedOwner, RankingPage
from targets_api.remembering.schemas import UNTOLD


def ranking_page(ranking: Ranking, items: Sequence[RankedFigures], following: str | None, today: date) -> RankingPage:
    """As it is shown; `following` is where the next page begins."""
    key = ranking.key
    return RankingPage(
        level=key.level,
        scheme=key.scheme,
        by=key.by,
        measure=key.measure,
        start=key.start,
        on=key.on,
        before=key.before,
        items=[RankedOwner(**_standing(each), **owner_with_figures(each.figures, today)) for each in items],
        next=following,
        **UNTOLD,
    )


def _standing(each: RankedFigures) -> dict[str, Any]:
    standing = each.standing
    return {
        "rank": standing.rank,
        "rank_before": standing.rank_before,
        "value": standing.place.value,
        "target_id": each.target_id,
    }

"""Reads of rankings: everybody's place first, then the figures of those on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind
from targets_api.domain.ranking import Standing, standings
from targets_api.hierarchy.queries import known_codes, organisations_above
from targets_api.progress.figures import Figures, ProgressKey
from targets_api.progress.own_figures import without_others
from targets_api.progress.owner_figures import COLLECTORS, ORGANISATIONS, UNITS, Owner
from targets_api.progress.queries import figures_of
from targets_api.rankings import candidates
from targets_api.rankings.candidates import Candidate
from targets_api.rankings.keys import Day, Ranked, RankingKey, Values
from targets_api.rankings.values import VALUES

_OWNERS: Final[Mapping[RegistryKind, Owner[Any]]] = {
    "unit": UNITS,
    "organisation": ORGANISATIONS,
    "collector": COLLECTORS,
}
_ALL: Final[Mapping[RegistryKind, Query[Candidate]]] = {
    "unit": candidates.UNITS,
    "organisation": candidates.ORGANISATIONS,
    "collector": candidates.COLLECTORS,
}
_UNDER: Final[Mapping[RegistryKind, Query[Candidate]]] = {
    "unit": candidates.UNITS_UNDER,
    "organisation": candidates.ORGANISATIONS_UNDER,
    "collector": candidates.COLLECTORS_UNDER,
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everybody in order, and by which target each is ranked, where they are by targets."""

    key: RankingKey
    standings: Sequence[Standing]
    targets: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class RankedFigures:
    """One on a page, with their figures."""

    standing: Standing
    target_id: UUID | None
    figures: Figures[Any]


async def read_ranking(session: ReadSession, key: RankingKey, today: date) -> Ranking | None:
    """Everybody of the level; None where nobody is known under the code `under`."""
    registered = await _registered(session, key)
    if registered is None:
        return None
    found = await _candidates(session, registered)
    asked = Ranked(registered, _days(registered, found), today)
    values = await VALUES[key.by](session, asked)
    listed = {each.code: values.get((each.code, key.on)) for each in found if each.is_now}
    targets = {code: target.id for code, target in asked.main.items()}
    return Ranking(registered, standings(listed, _before(registered, found, values)), targets)


async def figures_of_page(
    session: ReadSession, ranking: Ranking, page: Sequence[Standing], today: date
) -> list[RankedFigures]:
    """Those on the page, with the figures that progress shows of them."""
    key = ranking.key
    keys = [ProgressKey(each.code, key.scheme, key.start, key.on, key.own_of) for each in page]
    found = await without_others(session, await figures_of(session, _OWNERS[key.kind], keys, today)) if keys else []
    return [
        RankedFigures(standing, ranking.targets.get(standing.code), figures)
        for standing, figures in zip(page, found, strict=True)
        if figures
    ]


async def _registered(session: ReadSession, key: RankingKey) -> RankingKey | None:
    """With `under` as it is registered; an organisation that knows of its own alone sees those below itself."""
    if key.under is None:
        return key._replace(under=key.own_of)
    kind: RegistryKind = "unit" if key.kind == "unit" else "organisation"
    code = (await known_codes(session, kind, [key.under])).get(key.under)
    if code is None or not await _may_know(session, key, code):
        return None
    return key._replace(under=code)


async def _may_know(session: ReadSession, key: RankingKey, code: str) -> bool:
    return key.own_of is None or key.own_of in (await organisations_above(session, [code])).get(code, {code})


async def _candidates(session: ReadSession, key: RankingKey) -> list[Candidate]:
    query = (_ALL if key.under is None else _UNDER)[key.kind]
    values = {"level": key.level, "under": key.under, "on": key.on, "before": key.before}
    return await session.all(query, values)


def _days(key: RankingKey, found: Sequence[Candidate]) -> list[Day]:
    now = [(each.code, key.on) for each in found if each.is_now]
    return now + [(each.code, key.before) for each in found if each.was_then]


def _before(key: RankingKey, found: Sequence[Candidate], values: Values) -> dict[str, float | None]:
    return {each.code: values.get((each.code, key.before)) for each in found if each.was_then}

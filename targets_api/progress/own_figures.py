"""Figures for an organisation that may know of its own alone: of itself, of those below it and of their collectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.persistence.unit_of_work import ReadSession
from targets_api.hierarchy.queries import organisations_above
from targets_api.progress.figures import CollectorFigures, F, Figures, OrganisationFigures


async def without_others(session: ReadSession, found: Sequence[Figures[F] | None]) -> list[Figures[F] | None]:
    """As found; but where `own_of` asks, None for an owner that is not its own, and no target that is not."""
    own = [each for each in found if each and each.key.own_of is not None]
    if not own:
        return list(found)
    above = await organisations_above(session, {code for each in own for code in _organisations(each)})
    return [each and (each if each.key.own_of is None else _own(each, each.key.own_of, above)) for each in found]


def _own(figures: Figures[F], reader: str, above: Mapping[str, frozenset[str]]) -> Figures[F] | None:
    def is_own(organisation: str | None) -> bool:
        return organisation is not None and reader in above.get(organisation, {organisation})

    owner = _organisation(figures)
    if not is_own(owner):
        return None
    targets = [each for each in figures.targets if is_own(each.target.scope.organisation_code or owner)]
    return replace(figures, targets=targets)


def _organisations(figures: Figures[F]) -> set[str]:
    """The owner's, and those that its targets name."""
    codes = {each.target.scope.organisation_code for each in figures.targets} | {_organisation(figures)}
    return {code for code in codes if code is not None}


def _organisation(figures: Figures[F]) -> str | None:
    """The organisation itself, or that of a collector; None of a unit, which has everybody's."""
    match figures.owner:
        case OrganisationFigures(code=code):
            return code
        case CollectorFigures(organisation_code=code):
            return code
    return None

"""Find who has a share: those one level below the scope of a target, or those who are named."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind, Scope
from targets_api.allocation import queries
from targets_api.domain.allocation import SharesDoNotFit, few
from targets_api.domain.shares import words_of
from targets_api.domain.sharing_out import MOST_SHARES, Receiver, SharingOut, receivers_below
from targets_api.domain.target import Target
from targets_api.hierarchy.queries import organisation_paths, organisations_of, placed_units


async def find_receivers(session: ReadSession, target: Target, asked: SharingOut) -> list[Receiver]:
    """Who has a share of the target. Codes of the request are as registered.

    Raises SharesDoNotFit where there is nobody, where there are too many, or where those who are named are not below
    the scope, or one below another.
    """
    scope = target.scope
    if asked.to == "organisations_per_unit":
        codes = await _named(session, scope, "unit", asked.weights) or await queries.communes_below(
            session, str(scope.unit_code), target.ends_on
        )
        organisations = await _organisations(session, scope, asked.among)
    else:
        codes, organisations = await _one_level_below(session, target, asked), []
    receivers = receivers_below(scope, asked.to, codes, organisations)
    if not receivers:
        raise SharesDoNotFit.field("/to", f"there are no {asked.to} below {words_of(scope)}")
    if len(receivers) > MOST_SHARES:
        detail = (
            f"{len(receivers):,} shares, more than {MOST_SHARES:,}: share out level by level, or name some by among"
        )
        raise SharesDoNotFit.field("/to", detail)
    return receivers


async def _one_level_below(session: ReadSession, target: Target, asked: SharingOut) -> list[str]:
    scope = target.scope
    named = asked.among
    if asked.weights is not None:
        named = sorted(asked.weights.keys() | asked.bounds.pinned.keys())
    if asked.to == "organisations":
        return await _organisations(session, scope, named)
    if found := await _named(session, scope, asked.kind, named):
        return found
    if asked.to == "units":
        return await queries.units_below(session, str(scope.unit_code), target.ends_on)
    return await queries.collectors_of(session, scope.organisation_code)


async def _organisations(session: ReadSession, scope: Scope, named: Collection[str] | None) -> list[str]:
    found = await _named(session, scope, "organisation", named)
    return found or await queries.organisations_below_directly(session, scope.organisation_code)


async def _named(session: ReadSession, scope: Scope, kind: RegistryKind, named: Collection[str] | None) -> list[str]:
    """Those who are named, in their order; nobody where none is."""
    if not named:
        return []
    codes = sorted(named)
    above = await _above(session, kind, codes)
    top = {"unit": scope.unit_code, "organisation": scope.organisation_code, "collector": scope.organisation_code}[kind]
    if outside := [code for code in codes if top is not None and top not in above[code]]:
        raise SharesDoNotFit.field("/to", f"not below {words_of(scope)}: {few(outside)}")
    if within := [code for code in codes if not above[code].isdisjoint(codes)]:
        raise SharesDoNotFit.field("/to", f"below another one that has a share itself: {few(within)}")
    return codes


async def _above(session: ReadSession, kind: RegistryKind, codes: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """What is above each of the codes, itself not included; for collectors their organisations."""
    if kind == "unit":
        units = await placed_units(session, codes)
        return {code: frozenset(units[code].path) - {code} for code in codes}
    if kind == "organisation":
        paths = await organisation_paths(session, codes)
        return {code: frozenset(paths[code]) - {code} for code in codes}
    employers = await organisations_of(session, codes)
    paths = await organisation_paths(session, set(employers.values()))
    return {code: frozenset(paths.get(employers[code], (employers[code],))) for code in codes}

"""Check what the scopes of targets name against the registry, as far as it has arrived."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from services.errors import DomainError, FieldError, NotKnownYet, Unknown
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind, Scope
from services.waiting import each_in_turn
from targets_api.domain.target import InvalidTarget
from targets_api.hierarchy.queries import known_codes, organisations_above, organisations_of

_FIELDS: Final[dict[str, RegistryKind]] = {
    "unit_code": "unit",
    "organisation_code": "organisation",
    "collector_code": "collector",
}


async def registered_scopes(session: ReadSession, scopes: Sequence[Scope]) -> list[Scope | DomainError]:
    """Each of the scopes with the codes as they are registered, or why it is refused: NotKnownYet with every code of it
    that is not known, InvalidTarget for a collector of another organisation."""
    known = {field: await _known(session, scopes, field) for field in _FIELDS}
    found = await each_in_turn(lambda scope: _registered(scope, known), scopes)
    both = {s for s in found if isinstance(s, Scope) and s.organisation_code and s.collector_code}
    errors = await _errors_of_collectors(session, both) if both else {}
    return [errors.get(each, each) if isinstance(each, Scope) else each for each in found]


async def _known(session: ReadSession, scopes: Sequence[Scope], field: str) -> dict[str, str]:
    return await known_codes(session, _FIELDS[field], {code for scope in scopes if (code := getattr(scope, field))})


def _registered(scope: Scope, known: Mapping[str, Mapping[str, str]]) -> Scope | DomainError:
    codes = {field: code for field in _FIELDS if (code := getattr(scope, field))}
    unknown = [Unknown(f"/scope/{f}", _FIELDS[f], code) for f, code in codes.items() if code not in known[f]]
    return NotKnownYet.of(unknown) if unknown else Scope(**{f: known[f][code] for f, code in codes.items()})


async def _errors_of_collectors(session: ReadSession, scopes: Collection[Scope]) -> dict[Scope, DomainError]:
    """A collector of another organisation never signs anybody up for the scope."""
    employers = await organisations_of(session, {str(scope.collector_code) for scope in scopes})
    above = await organisations_above(session, set(employers.values()))
    strangers = list(_strangers(scopes, employers, above))
    chains = {scope: above.get(employer, {employer}) for scope, employer in strangers}
    arrived = await known_codes(session, "organisation", {code for chain in chains.values() for code in chain})
    return {scope: _stranger(scope, employer, chains[scope] - arrived.keys()) for scope, employer in strangers}


def _strangers(
    scopes: Collection[Scope], employers: Mapping[str, str], above: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Scope, str]]:
    """Scopes whose collector is not of their organisation, each with the collector's own."""
    for scope in scopes:
        employer = employers[str(scope.collector_code)]
        if scope.organisation_code not in above.get(employer, {employer}):
            yield scope, employer


def _stranger(scope: Scope, employer: str, missing: Collection[str]) -> DomainError:
    """What is above an organisation that has not arrived is not known, either."""
    if missing:
        return NotKnownYet.of(Unknown("/scope/collector_code", "organisation", code) for code in sorted(missing))
    detail = f"{scope.collector_code} collects for {employer}, which is not part of {scope.organisation_code}"
    errors = (FieldError("/scope/collector_code", detail),)
    return InvalidTarget(f"{detail}; a move of just now takes a moment to arrive", errors)

"""Check what the scopes of targets name against the registry, as far as it has arrived."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from services.errors import FieldError
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import RegistryKind, Scope
from targets_api.domain.owner import Unknown, not_known_yet
from targets_api.domain.target import InvalidTarget
from targets_api.hierarchy.queries import known_codes, organisations_above, organisations_of

_FIELDS: Final[dict[str, RegistryKind]] = {
    "unit_code": "unit",
    "organisation_code": "organisation",
    "collector_code": "collector",
}


async def registered_scopes(session: ReadSession, scopes: Sequence[Scope]) -> list[Scope]:
    """The scopes with the codes as they are registered.

    Raises NotKnownYet with every code that is not known, InvalidTarget for a collector of another organisation.
    """
    known = {field: await _known(session, scopes, field) for field in _FIELDS}
    if unknown := [each for field in _FIELDS for each in _unknown(scopes, field, known[field])]:
        raise not_known_yet(unknown)
    found = [Scope(*(known[field].get(getattr(scope, field) or "") for field in _FIELDS)) for scope in scopes]
    if both := [scope for scope in found if scope.organisation_code and scope.collector_code]:
        await _check_collectors(session, both)
    return found


async def _known(session: ReadSession, scopes: Sequence[Scope], field: str) -> dict[str, str]:
    return await known_codes(session, _FIELDS[field], {code for scope in scopes if (code := getattr(scope, field))})


def _unknown(scopes: Sequence[Scope], field: str, known: Mapping[str, str]) -> list[Unknown]:
    codes = {code for scope in scopes if (code := getattr(scope, field))}
    return [Unknown(f"/scope/{field}", _FIELDS[field], code) for code in sorted(codes - known.keys())]


async def _check_collectors(session: ReadSession, scopes: Sequence[Scope]) -> None:
    """A collector of another organisation never signs anybody up for the scope."""
    employers = await organisations_of(session, {str(scope.collector_code) for scope in scopes})
    above = await organisations_above(session, set(employers.values()))
    strangers = list(_strangers(scopes, employers, above))
    await _check_arrived(session, {code for _, employer in strangers for code in above.get(employer, {employer})})
    for scope, employer in strangers:
        detail = f"{scope.collector_code} collects for {employer}, which is not part of {scope.organisation_code}"
        errors = (FieldError("/scope/collector_code", detail),)
        raise InvalidTarget(f"{detail}; a move of just now takes a moment to arrive", errors)


def _strangers(
    scopes: Sequence[Scope], employers: dict[str, str], above: dict[str, frozenset[str]]
) -> Iterator[tuple[Scope, str]]:
    """Scopes whose collector is not of their organisation, each with the collector's own."""
    for scope in scopes:
        employer = employers[str(scope.collector_code)]
        if scope.organisation_code not in above.get(employer, {employer}):
            yield scope, employer


async def _check_arrived(session: ReadSession, codes: Collection[str]) -> None:
    """What is above an organisation that has not arrived is not known, either."""
    known = await known_codes(session, "organisation", codes)
    if missing := set(codes) - known.keys():
        raise not_known_yet(Unknown("/scope/collector_code", "organisation", code) for code in sorted(missing))

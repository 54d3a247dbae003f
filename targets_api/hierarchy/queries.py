"""Which codes are known, the paths of units, which organisations are above others, and whose targets are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.vocabulary import RegistryKind, Scope
from targets_api.domain.ownership import organisation_of
from targets_api.hierarchy.trees import AMONG_CODES
from targets_api.tables.hierarchy import (
    CollectorRow,
    OrganisationAncestorRow,
    OrganisationRow,
    UnitAncestorRow,
    UnitRow,
)


class PlacedUnit(NamedTuple):
    """A unit's name and its path: the codes of those above it, top first, then its own."""

    code: str
    name: str
    path: list[str]


class UnitDays(NamedTuple):
    """The days on which a unit exists, both included; None: without limit."""

    valid_from: date | None
    valid_to: date | None


class OrganisationPath(NamedTuple):
    """An organisation and those above it, upwards."""

    code: str
    above: list[str]


class CollectorOfOrganisation(NamedTuple):
    """A collector, and the organisation they sign people up for."""

    code: str
    organisation_code: str


_TABLES: Final[Mapping[RegistryKind, type[UnitRow | OrganisationRow | CollectorRow]]] = {
    "unit": UnitRow,
    "organisation": OrganisationRow,
    "collector": CollectorRow,
}
KNOWN: Final = {
    kind: select(table_of(row).c.code).where(func.upper(table_of(row).c.code) == AMONG_CODES)
    for kind, row in _TABLES.items()
}
_c = table_of(CollectorRow).c
_u, _ua, _oa = table_of(UnitRow).c, table_of(UnitAncestorRow).c, table_of(OrganisationAncestorRow).c
UNIT_DAYS: Final = Query(UnitDays, select(_u.valid_from, _u.valid_to).where(_u.code == bindparam("code", type_=Text)))
PLACED_UNITS: Final = Query(
    PlacedUnit,
    select(_u.code, _u.name, func.array_agg(aggregate_order_by(_ua.ancestor_code, _ua.depth.desc())).label("path"))
    .join(UnitAncestorRow, _ua.unit_code == _u.code)
    .where(_u.code == AMONG_CODES)
    .group_by(_u.code),
)
ORGANISATIONS_ABOVE: Final = Query(
    OrganisationPath,
    select(
        _oa.organisation_code.label("code"),
        func.array_agg(aggregate_order_by(_oa.ancestor_code, _oa.depth)).label("above"),
    )
    .where(_oa.organisation_code == AMONG_CODES)
    .group_by(_oa.organisation_code),
)


ORGANISATIONS_OF: Final = Query(
    CollectorOfOrganisation, select(_c.code, _c.organisation_code).where(_c.code == AMONG_CODES)
)


async def known_codes(session: ReadSession, kind: RegistryKind, codes: Collection[str]) -> dict[str, str]:
    """Those of the codes that are known, each with the code as it is registered, in whatever case it is given."""
    if not codes:
        return {}
    found = list(await session.scalars(KNOWN[kind], {"codes": [code.upper() for code in codes]}))
    registered = {code.upper(): code for code in found} | {code: code for code in found}
    return {code: known for code in codes if (known := registered.get(code) or registered.get(code.upper()))}


async def days_of(session: ReadSession, unit_code: str) -> UnitDays:
    """The first and the last day of a unit that is known."""
    return await session.one(UNIT_DAYS, {"code": unit_code})


async def placed_units(session: ReadSession, codes: Collection[str]) -> dict[str, PlacedUnit]:
    """Name and path of each unit that is known."""
    found = await session.all(PLACED_UNITS, {"codes": list(codes)}) if codes else []
    return {unit.code: unit for unit in found}


async def organisations_of(session: ReadSession, collectors: Collection[str]) -> dict[str, str]:
    """The organisation of each collector that is known."""
    found = await session.all(ORGANISATIONS_OF, {"codes": list(collectors)}) if collectors else []
    return {collector.code: collector.organisation_code for collector in found}


async def organisation_paths(session: ReadSession, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Each of the organisations that is known, with those above it, upwards."""
    found = await session.all(ORGANISATIONS_ABOVE, {"codes": list(codes)}) if codes else []
    return {path.code: tuple(path.above) for path in found}


async def organisations_above(session: ReadSession, codes: Collection[str]) -> dict[str, frozenset[str]]:
    """The organisations at or above each of those that are known."""
    return {code: frozenset(path) for code, path in (await organisation_paths(session, codes)).items()}


async def owners_of(session: ReadSession, scopes: Collection[Scope]) -> dict[Scope, tuple[str, ...]]:
    """For each scope the organisation that targets of it belong to, and those above that, upwards."""
    collectors = {scope.collector_code for scope in scopes if scope.collector_code and not scope.organisation_code}
    employers = await organisations_of(session, collectors)
    owners = {scope: organisation_of(scope, employers) for scope in scopes}
    paths = await organisation_paths(session, {owner for owner in owners.values() if owner is not None})
    return {scope: () if owner is None else paths.get(owner, (owner,)) for scope, owner in owners.items()}


def organisations_below(organisation: ColumnElement[str] | str) -> Select[tuple[str]]:
    """Codes of the organisation and of those below it, as a part of a statement."""
    return select(_oa.organisation_code).where(_oa.ancestor_code == organisation)


def collectors_below(organisation: ColumnElement[str] | str) -> Select[tuple[str]]:
    """Codes of the collectors of the organisation and of those below it, as a part of a statement."""
    return select(_c.code).where(_c.organisation_code.in_(organisations_below(organisation)))

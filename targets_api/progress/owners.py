"""Whose progress is asked for, as it is registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Text, bindparam, select

from services.persistence.statements import Query
from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import table_of
from services.vocabulary import RegistryKind, UnitLevel
from targets_api.hierarchy.queries import known_codes, organisations_above
from targets_api.tables.hierarchy import CollectorRow, OrganisationRow, UnitRow


class KnownUnit(NamedTuple):
    """A unit."""

    code: str
    name: str
    level: UnitLevel


class KnownOrganisation(NamedTuple):
    """An organisation."""

    code: str
    name: str


class KnownCollector(NamedTuple):
    """A collector."""

    code: str
    organisation_code: str


KnownOwner: TypeAlias = KnownUnit | KnownOrganisation | KnownCollector


def _by_code(row: type[Any], known: type[Any]) -> Query[Any]:
    columns = table_of(row).c
    return Query(
        known,
        select(*(columns[name] for name in known._fields)).where(columns.code == bindparam("code", type_=Text)),
    )


OWNERS: Final[Mapping[RegistryKind, Query[KnownOwner]]] = {
    "unit": _by_code(UnitRow, KnownUnit),
    "organisation": _by_code(OrganisationRow, KnownOrganisation),
    "collector": _by_code(CollectorRow, KnownCollector),
}


async def owner_of(session: ReadSession, kind: RegistryKind, code: str, own_of: str | None) -> KnownOwner | None:
    """The owner of that code, in whatever case; None where there is none, or it is not one of those that `own_of` may
    know of."""
    registered = (await known_codes(session, kind, [code])).get(code)
    found = await session.all(OWNERS[kind], {"code": registered}) if registered else []
    if not found or own_of is None:
        return found[0] if found else None
    return found[0] if await _is_own(session, found[0], own_of) else None


async def _is_own(session: ReadSession, owner: KnownOwner, reader: str) -> bool:
    if isinstance(owner, KnownUnit):
        return False
    organisation = owner.organisation_code if isinstance(owner, KnownCollector) else owner.code
    return reader in (await organisations_above(session, {organisation})).get(organisation, {organisation})

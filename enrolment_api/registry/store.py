"""Statements of the registry that take part in changing it; each takes many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Executable, Text, func, select, tuple_

from enrolment_api.domain.registry import LEVELS
from enrolment_api.registry import sql
from enrolment_api.tables import locks
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.persistence.locks import take
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of
from services.vocabulary import UnitLevel

RegistryRow: TypeAlias = UnitRow | OrganisationRow | CollectorRow

_UNITS = table_of(UnitRow).c
_AMONG_CODES = among("codes", Text())


class KnownUnit(NamedTuple):
    """The level and the parent of a unit."""

    code: str
    level: UnitLevel
    parent_code: str | None


class LevelBelow(NamedTuple):
    """A level of a unit directly below another."""

    parent_code: str
    level: UnitLevel


class EntryVersion(NamedTuple):
    """The version of an entry."""

    code: str
    version: int


def _upsert(row: type[RegistryRow]) -> Executable:
    """Insert what is new and change what differs, counting its version up."""
    insert, table = insert_many(row), table_of(row)
    changing = [column.name for column in table.columns if column.name not in {"code", "version"}]
    before, after = [table.c[name] for name in changing], [insert.excluded[name] for name in changing]
    return insert.on_conflict_do_update(
        index_elements=["code"],
        set_={**dict(zip(changing, after, strict=True)), "version": table.c.version + 1},
        where=tuple_(*before).is_distinct_from(tuple_(*after)),
    ).returning(table.c.code)


def _versions(row: type[RegistryRow]) -> Query[EntryVersion]:
    columns = table_of(row).c
    return Query(EntryVersion, select(columns.code, columns.version).where(columns.code == _AMONG_CODES))


KNOWN_UNITS: Final = Query(
    KnownUnit, select(_UNITS.code, _UNITS.level, _UNITS.parent_code).where(_UNITS.code == _AMONG_CODES)
)
LEVELS_BELOW: Final = Query(
    LevelBelow, select(_UNITS.parent_code, _UNITS.level).distinct().where(_UNITS.parent_code == _AMONG_CODES)
)
_ROWS: tuple[type[RegistryRow], ...] = (UnitRow, OrganisationRow, CollectorRow)
UPSERTS: Final = {row: _upsert(row) for row in _ROWS}
VERSIONS: Final = {row: _versions(row) for row in _ROWS}
REGISTERED: Final = {
    row: select(table_of(row).c.code).where(func.upper(table_of(row).c.code) == _AMONG_CODES) for row in _ROWS
}


async def lock_registry(work: UnitOfWork) -> None:
    """One change of the registry at a time, until the unit of work ends."""
    await take(work, locks.REGISTRY)


async def registered_codes(work: UnitOfWork, row: type[RegistryRow], codes: Iterable[str]) -> dict[str, str]:
    """The codes that are registered, by their upper case: codes that differ only in case are one."""
    found = await work.scalars(REGISTERED[row], {"codes": [code.upper() for code in codes]})
    return {code.upper(): code for code in found}


async def known_units(work: UnitOfWork, codes: Iterable[str]) -> Mapping[str, KnownUnit]:
    """Those of the units that are registered."""
    return {unit.code: unit for unit in await work.all(KNOWN_UNITS, {"codes": list(codes)})}


async def levels_below(work: UnitOfWork, codes: Iterable[str]) -> Mapping[str, UnitLevel]:
    """The highest level directly below each of these units, where there is one."""
    found = await work.all(LEVELS_BELOW, {"codes": list(codes)})
    return {each.parent_code: each.level for each in sorted(found, key=lambda e: LEVELS.index(e.level), reverse=True)}


async def organisations_above(work: UnitOfWork, codes: Iterable[str]) -> dict[str, str | None]:
    """The parent of each of these organisations, and of all above them."""
    return {o.code: o.parent_code for o in await work.all(sql.ORGANISATIONS_ABOVE, {"codes": list(codes)})}


async def upsert(work: UnitOfWork, row: type[RegistryRow], entries: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Insert what is new and change what differs; the codes of those. Each code may be there once."""
    if not entries:
        return frozenset()
    rows = [{**entry, "version": 1} for entry in entries]
    return frozenset(await work.scalars(UPSERTS[row], columns_of(rows)))


async def versions_of(work: UnitOfWork, row: type[RegistryRow], codes: Iterable[str]) -> Mapping[str, int]:
    """The version of each of these entries."""
    return {each.code: each.version for each in await work.all(VERSIONS[row], {"codes": list(codes)})}

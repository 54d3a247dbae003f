"""Statements of the registry that take part in changing it; each takes many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import ARRAY, Date, Executable, Text, bindparam, func, select, tuple_, update

from enrolment_api.domain.registry import LEVELS, Collector, Stay, Unit
from enrolment_api.registry import sql
from enrolment_api.registry.rows import collector_of, unit_of
from enrolment_api.tables import locks
from enrolment_api.tables.registry import CollectorRow, CollectorStayRow, OrganisationRow, UnitRow
from services.persistence.locks import take
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of
from services.vocabulary import UnitLevel

RegistryRow: TypeAlias = UnitRow | OrganisationRow | CollectorRow

_UNITS, _COLLECTORS, _STAYS = table_of(UnitRow).c, table_of(CollectorRow).c, table_of(CollectorStayRow).c
_AMONG_CODES = among("codes", Text())


class LevelBelow(NamedTuple):
    """A level of a unit directly below another."""

    parent_code: str
    level: UnitLevel


class UnitStay(NamedTuple):
    """Until when a unit lay below another."""

    unit_code: str
    until_on: date
    parent_code: str


class EntryVersion(NamedTuple):
    """The version of an entry."""

    code: str
    version: int


COLUMNS: Final[Mapping[type[RegistryRow], tuple[str, ...]]] = {
    UnitRow: ("code", "name", "level", "parent_code", "valid_from", "version"),
    OrganisationRow: ("code", "name", "parent_code", "version"),
    CollectorRow: ("code", "name", "organisation_code", "from_on", "version"),
}
"""What registering writes: how a unit ended is none of it."""


def _upsert(row: type[RegistryRow]) -> Executable:
    """Insert what is new and change what differs, counting its version up."""
    insert, table = insert_many(row, *COLUMNS[row]), table_of(row)
    changing = [name for name in COLUMNS[row] if name not in {"code", "version"}]
    before, after = [table.c[name] for name in changing], [insert.excluded[name] for name in changing]
    return insert.on_conflict_do_update(
        index_elements=["code"],
        set_={**dict(zip(changing, after, strict=True)), "version": table.c.version + 1},
        where=tuple_(*before).is_distinct_from(tuple_(*after)),
    ).returning(table.c.code)


def _versions(row: type[RegistryRow]) -> Query[EntryVersion]:
    columns = table_of(row).c
    return Query(EntryVersion, select(columns.code, columns.version).where(columns.code == _AMONG_CODES))


KNOWN_UNITS: Final = select(UnitRow).where(_UNITS.code == _AMONG_CODES)
UNITS_BELOW: Final = select(UnitRow).where(_UNITS.parent_code == bindparam("code", type_=Text)).order_by(_UNITS.code)
SUCCESSORS: Final = select(UnitRow).from_statement(sql.SUCCESSORS)
SUCCEEDING: Final = (
    select(func.unnest(_UNITS.successors).label("code"))
    .where(_UNITS.successors.bool_op("&&")(bindparam("codes", type_=ARRAY(Text))))
    .distinct()
)
END: Final = (
    update(UnitRow)
    .where(_UNITS.code == bindparam("ended", type_=Text))
    .values(
        valid_to=bindparam("last_day", type_=Date),
        successors=bindparam("in_place", type_=ARRAY(Text)),
        version=_UNITS.version + 1,
    )
)
KNOWN_COLLECTORS: Final = select(CollectorRow).where(_COLLECTORS.code == _AMONG_CODES)
STAYS: Final = select(CollectorStayRow).where(_STAYS.collector_code == _AMONG_CODES).order_by(_STAYS.until_on)
ADD_STAYS: Final = insert_many(CollectorStayRow).on_conflict_do_nothing()
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


async def known_units(work: UnitOfWork, codes: Iterable[str]) -> dict[str, Unit]:
    """Those of the units that are registered."""
    return {unit.code: unit_of(unit) for unit in await work.scalars(KNOWN_UNITS, {"codes": list(codes)})}


async def units_with_successors(work: UnitOfWork, codes: Iterable[str]) -> dict[str, Unit]:
    """Those of the units that are registered, their successors, theirs and so on."""
    return {unit.code: unit_of(unit) for unit in await work.scalars(SUCCESSORS, {"codes": list(codes)})}


async def units_below(work: UnitOfWork, code: str) -> list[Unit]:
    """The units directly below, in the order of their codes."""
    return [unit_of(unit) for unit in await work.scalars(UNITS_BELOW, {"code": code})]


async def succeeding(work: UnitOfWork, codes: Iterable[str]) -> frozenset[str]:
    """Those of the codes, and perhaps more, that took the place of units."""
    wanted = list(codes)
    return frozenset(await work.scalars(SUCCEEDING, {"codes": wanted})) if wanted else frozenset()


async def end(work: UnitOfWork, unit: Unit) -> None:
    """Note how the unit ended, in a new version."""
    parameters = {"ended": unit.code, "last_day": unit.valid_to, "in_place": list(unit.successors)}
    await work.execute(END, parameters)


async def add_unit_stays(work: UnitOfWork, stays: Sequence[UnitStay]) -> None:
    """Note until when units lay below others."""
    if stays:
        unit_codes, days, parent_codes = zip(*stays, strict=True)
        await work.execute(sql.ADD_UNIT_STAYS, {"unit_codes": unit_codes, "days": days, "parent_codes": parent_codes})


async def known_collectors(work: UnitOfWork, codes: Sequence[str]) -> dict[str, Collector]:
    """Those of the collectors that are registered, with their earlier stays."""
    stays: dict[str, list[Stay]] = {}
    for stay in await work.scalars(STAYS, {"codes": codes}):
        stays.setdefault(stay.collector_code, []).append(Stay(stay.organisation_code, stay.from_on, stay.until_on))
    rows = await work.scalars(KNOWN_COLLECTORS, {"codes": codes})
    return {row.code: collector_of(row, stays.get(row.code, ())) for row in rows}


async def add_stays(work: UnitOfWork, collectors: Iterable[Collector]) -> None:
    """Insert those of their earlier stays that are not there yet."""
    rows = [{"collector_code": collector.code, **asdict(stay)} for collector in collectors for stay in collector.stays]
    if rows:
        await work.execute(ADD_STAYS, columns_of(rows))


async def levels_below(work: UnitOfWork, codes: Iterable[str]) -> Mapping[str, UnitLevel]:
    """The highest level directly below each of these units, where there is one."""
    found = await work.all(LEVELS_BELOW, {"codes": list(codes)})
    return {each.parent_code: each.level for each in sorted(found, key=lambda e: LEVELS.index(e.level), reverse=True)}


async def organisations_above(work: UnitOfWork, codes: Iterable[str]) -> dict[str, str | None]:
    """The parent of each of these organisations, and of all above them."""
    return {o.code: o.parent_code for o in await work.all(sql.ORGANISATIONS_ABOVE, {"codes": list(codes)})}


async def organisation_levels_below(work: UnitOfWork, codes: Iterable[str]) -> dict[str, int]:
    """How many levels of organisations there are below each of these that is registered."""
    return {each.code: each.levels for each in await work.all(sql.LEVELS_BELOW, {"codes": list(codes)})}


async def upsert(work: UnitOfWork, row: type[RegistryRow], entries: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Insert what is new and change what differs; the codes of those. Each code may be there once."""
    if not entries:
        return frozenset()
    rows = [{**entry, "version": 1} for entry in entries]
    return frozenset(await work.scalars(UPSERTS[row], columns_of(rows, *COLUMNS[row])))


async def versions_of(work: UnitOfWork, row: type[RegistryRow], codes: Iterable[str]) -> Mapping[str, int]:
    """The version of each of these entries."""
    return {each.code: each.version for each in await work.all(VERSIONS[row], {"codes": list(codes)})}

"""Register units, organisations and collectors: each takes many, and tells the other services what is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Generic, Literal, TypeAlias, TypeVar

from enrolment_api.domain.registry import Collector, Organisation, Unit, check_collector, check_organisation, check_unit
from enrolment_api.registry import store
from enrolment_api.registry.events import registered_event
from enrolment_api.registry.official import official_units
from enrolment_api.tables.base import Base
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.clock import Clock
from services.errors import DomainError
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from services.vocabulary import UnitLevel

E = TypeVar("E", Unit, Organisation, Collector)

Change: TypeAlias = Literal["made", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Registered(Generic[E]):
    """What is registered now, and whether that is news."""

    entry: E
    version: int
    change: Change


class RegistryDesk:
    """Every change of the registry. The codes in one list are distinct."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def register_units(self, units: Sequence[Unit], correlation_id: str) -> list[Registered[Unit] | DomainError]:
        """A parent may come before its children in one list."""
        async with self._database.write() as work:
            await store.lock_registry(work)
            return await self._register_units(work, units, correlation_id)

    async def import_units(self, province_code: str, correlation_id: str) -> list[Registered[Unit] | DomainError]:
        """The official list of a province, which knows nothing of insurance units: what lies somewhere already stays
        there. Raises Invalid where there is no such province."""
        listed = official_units(province_code)
        async with self._database.write() as work:
            await store.lock_registry(work)
            known = await store.units_of(work, [unit.code for unit in listed])
            parents = {code: parent for code, (_, parent) in known.items()}
            units = [replace(unit, parent_code=parents.get(unit.code) or unit.parent_code) for unit in listed]
            return await self._register_units(work, units, correlation_id)

    async def register_organisations(
        self, organisations: Sequence[Organisation], correlation_id: str
    ) -> list[Registered[Organisation] | DomainError]:
        """A parent may come before its children in one list."""
        async with self._database.write() as work:
            await store.lock_registry(work)
            codes = {code for o in organisations for code in (o.code, o.parent_code) if code}
            parents = await store.organisations_above(work, codes)

            def check(organisation: Organisation) -> None:
                check_organisation(organisation, parents)
                parents[organisation.code] = organisation.parent_code

            return await self._save(work, OrganisationRow, organisations, check, correlation_id)

    async def register_collectors(
        self, collectors: Sequence[Collector], correlation_id: str
    ) -> list[Registered[Collector] | DomainError]:
        """The organisations are registered already."""
        async with self._database.write() as work:
            await store.lock_registry(work)
            known = frozenset(await store.organisations_above(work, {c.organisation_code for c in collectors}))
            return await self._save(work, CollectorRow, collectors, lambda c: check_collector(c, known), correlation_id)

    async def _register_units(
        self, work: UnitOfWork, units: Sequence[Unit], correlation_id: str
    ) -> list[Registered[Unit] | DomainError]:
        known = await store.units_of(work, {code for u in units for code in (u.code, u.parent_code) if code})
        levels: dict[str, UnitLevel] = {code: level for code, (level, _) in known.items()}
        below = await store.levels_below(work, [unit.code for unit in units])

        def check(unit: Unit) -> None:
            check_unit(unit, levels, below.get(unit.code))
            levels[unit.code] = unit.level

        return await self._save(work, UnitRow, units, check, correlation_id)

    async def _save(
        self,
        work: UnitOfWork,
        row: type[Base],
        entries: Sequence[E],
        check: Callable[[E], None],
        correlation_id: str,
    ) -> list[Registered[E] | DomainError]:
        refusals = {entry.code: refusal for entry in entries if (refusal := _refusal(check, entry))}
        fit = [entry for entry in entries if entry.code not in refusals]
        news = await store.upsert(work, row, [asdict(entry) | {"version": 1} for entry in fit])
        versions = await store.versions_of(work, row, [entry.code for entry in fit])
        now = self._clock.now()
        await emit(work, [registered_event(e, versions[e.code], now, correlation_id) for e in fit if e.code in news])
        return [refusals.get(e.code) or _registered(e, versions[e.code], e.code in news) for e in entries]


def _refusal(check: Callable[[E], None], entry: E) -> DomainError | None:
    try:
        check(entry)
    except DomainError as refusal:
        return refusal
    return None


def _registered(entry: E, version: int, is_news: bool) -> Registered[E]:
    change: Change = "same" if not is_news else "made" if version == 1 else "changed"
    return Registered(entry, version, change)

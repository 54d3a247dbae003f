"""Register units, organisations and collectors: each takes many, and publishes what is new."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from enrolment_api.domain.registry import Collector, Organisation, Unit, check_collector, check_organisation, check_unit
from enrolment_api.registry import store
from enrolment_api.registry.events import registered_event
from enrolment_api.registry.official import official_units
from enrolment_api.registry.store import RegistryRow
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.context import Context
from services.errors import DomainError
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork

E = TypeVar("E", Unit, Organisation, Collector)

Result: TypeAlias = Literal["made", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Registered(Generic[E]):
    """What is registered now, and what was done for it."""

    entry: E
    version: int
    result: Result


async def register_units(
    work: UnitOfWork, context: Context, units: Sequence[Unit]
) -> list[Registered[Unit] | DomainError]:
    """A parent may come before its children in one list. Codes in one list are distinct."""
    await store.lock_registry(work)
    units = await _as_registered(work, UnitRow, units)
    known = await store.known_units(work, {code for u in units for code in (u.code, u.parent_code) if code})
    levels = {code: unit.level for code, unit in known.items()}
    below = await store.levels_below(work, [unit.code for unit in units])

    def check(unit: Unit) -> None:
        check_unit(unit, levels, below.get(unit.code))
        levels[unit.code] = unit.level

    return await _save(work, context, UnitRow, units, check)


async def import_units(work: UnitOfWork, context: Context, province_code: str) -> list[Registered[Unit] | DomainError]:
    """The official list of a province, which has no insurance units: a unit that has a parent already keeps it.
    Raises Invalid where there is no such province."""
    listed = official_units(province_code)
    await store.lock_registry(work)
    known = await store.known_units(work, [unit.code for unit in listed])
    parents = {code: unit.parent_code for code, unit in known.items()}
    units = [replace(unit, parent_code=parents.get(unit.code) or unit.parent_code) for unit in listed]
    return await register_units(work, context, units)


async def register_organisations(
    work: UnitOfWork, context: Context, organisations: Sequence[Organisation]
) -> list[Registered[Organisation] | DomainError]:
    """A parent may come before its children in one list. Codes in one list are distinct."""
    await store.lock_registry(work)
    organisations = await _as_registered(work, OrganisationRow, organisations)
    codes = {code for o in organisations for code in (o.code, o.parent_code) if code}
    parents = await store.organisations_above(work, codes)

    def check(organisation: Organisation) -> None:
        check_organisation(organisation, parents)
        parents[organisation.code] = organisation.parent_code

    return await _save(work, context, OrganisationRow, organisations, check)


async def register_collectors(
    work: UnitOfWork, context: Context, collectors: Sequence[Collector]
) -> list[Registered[Collector] | DomainError]:
    """The organisations are registered already. Codes in one list are distinct."""
    await store.lock_registry(work)
    registered = await store.registered_codes(work, OrganisationRow, [c.organisation_code for c in collectors])
    collectors = [
        replace(c, organisation_code=registered.get(c.organisation_code.upper(), c.organisation_code))
        for c in await _as_registered(work, CollectorRow, collectors)
    ]
    known = frozenset(await store.organisations_above(work, {c.organisation_code for c in collectors}))
    return await _save(work, context, CollectorRow, collectors, lambda c: check_collector(c, known))


async def _as_registered(work: UnitOfWork, row: type[RegistryRow], entries: Sequence[E]) -> list[E]:
    """The entries under the codes that are registered, or come first in the list, whatever case they were given in."""
    parents: list[str] = [parent for entry in entries if (parent := getattr(entry, "parent_code", None))]
    registered = await store.registered_codes(work, row, [*(entry.code for entry in entries), *parents])
    found = []
    for entry in entries:
        changes: dict[str, Any] = {"code": registered.setdefault(entry.code.upper(), entry.code)}
        if parent := getattr(entry, "parent_code", None):
            changes["parent_code"] = registered.get(parent.upper(), parent)
        found.append(replace(entry, **changes))
    return found


async def _save(
    work: UnitOfWork, context: Context, row: type[RegistryRow], entries: Sequence[E], check: Callable[[E], None]
) -> list[Registered[E] | DomainError]:
    refusals = {entry.code: refusal for entry in entries if (refusal := _refusal(check, entry))}
    accepted = [entry for entry in entries if entry.code not in refusals]
    changed = await store.upsert(work, row, [asdict(entry) for entry in accepted])
    versions = await store.versions_of(work, row, [entry.code for entry in accepted])
    await emit(work, [registered_event(e, versions[e.code], context) for e in accepted if e.code in changed])
    return [refusals.get(e.code) or _registered(e, versions[e.code], e.code in changed) for e in entries]


def _refusal(check: Callable[[E], None], entry: E) -> DomainError | None:
    try:
        check(entry)
    except DomainError as refusal:
        return refusal
    return None


def _registered(entry: E, version: int, is_changed: bool) -> Registered[E]:
    result: Result = "same" if not is_changed else "made" if version == 1 else "changed"
    return Registered(entry, version, result)

"""Register units, organisations and collectors: each takes many, and publishes what is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from enrolment_api.domain.registry import Collector, Organisation, Unit, check_collector, check_organisation, check_unit
from enrolment_api.domain.stays import listed, moved
from enrolment_api.domain.succession import check_validity, ended, last_day_below
from enrolment_api.registry import store
from enrolment_api.registry.events import registered_event
from enrolment_api.registry.official import official_units
from enrolment_api.registry.store import RegistryRow, UnitStay
from enrolment_api.tables.registry import CollectorRow, OrganisationRow, UnitRow
from services.context import Context
from services.errors import DomainError, Invalid, NotFound
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
    units = [_as_it_ended(unit, known.get(unit.code)) for unit in units]
    below = await store.levels_below(work, [unit.code for unit in units])
    relevelled = [u.code for u in units if u.code in known and known[u.code].level != u.level]
    succeeding = await store.succeeding(work, relevelled)
    standing = dict(known)

    def check(unit: Unit) -> Unit:
        check_unit(unit, standing, below.get(unit.code))
        parent = standing.get(unit.parent_code) if unit.parent_code else None
        check_validity(unit, known.get(unit.code), parent, unit.code in succeeding)
        standing[unit.code] = unit
        return unit

    outcomes = await _save(work, context, UnitRow, units, check)
    await _note_moves(work, context.today, known, [o.entry for o in outcomes if isinstance(o, Registered)])
    return outcomes


async def _note_moves(work: UnitOfWork, today: date, known: Mapping[str, Unit], registered: Sequence[Unit]) -> None:
    """Below which unit those that were moved have lain, and until when."""
    left = {u.code: above for u in registered if (above := _parent_left(known.get(u.code), u))}
    parents = await store.known_units(work, set(left.values())) if left else {}
    stays = [UnitStay(code, last_day_below(parents.get(above), today), above) for code, above in left.items()]
    await store.add_unit_stays(work, stays)


def _parent_left(before: Unit | None, unit: Unit) -> str | None:
    return before.parent_code if before and before.parent_code != unit.parent_code else None


def _as_it_ended(unit: Unit, known: Unit | None) -> Unit:
    """How it ended is not told by who registers it."""
    return replace(unit, valid_to=known.valid_to, successors=known.successors) if known else unit


async def register(
    work: UnitOfWork, context: Context, entries: Sequence[Unit | Organisation | Collector]
) -> list[Registered[Any] | DomainError]:
    """Register entries of a file: of one kind, and as the use-case of that kind wants them."""
    match entries[0]:
        case Unit():
            return [*await register_units(work, context, [e for e in entries if isinstance(e, Unit)])]
        case Organisation():
            organisations = [e for e in entries if isinstance(e, Organisation)]
            return [*await register_organisations(work, context, organisations)]
        case Collector():
            collectors = [e for e in entries if isinstance(e, Collector)]
            return [*await register_collectors(work, context, collectors, decide=listed)]


async def end_unit(
    work: UnitOfWork, context: Context, code: str, on: date, successors: Sequence[str]
) -> Registered[Unit]:
    """End a unit: from that day its successors take its place. Units below a unit with one successor come to lie below
    that; those of several stay. Raises NotFound, UnitAlreadyEnded, UnknownUnit, WrongSuccessor, WrongValidity, and
    Invalid where a successor is named twice."""
    await store.lock_registry(work)
    registered = await store.registered_codes(work, UnitRow, [code, *successors])
    code, *successors = (registered.get(each.upper(), each) for each in (code, *successors))
    _check_distinct(successors)
    known = await store.units_with_successors(work, [code, *successors])
    if code not in known:
        raise NotFound(f"no unit {code} is registered")
    unit = ended(code, on, successors, known)
    if unit == known[code]:
        versions = await store.versions_of(work, UnitRow, [code])
        return Registered(unit, versions[code], "same")
    await store.end(work, unit)
    versions = await store.versions_of(work, UnitRow, [code])
    await emit(work, [registered_event(unit, versions[code], context)])
    await _move_below(work, context, unit)
    return Registered(unit, versions[code], "made")


def _check_distinct(successors: Sequence[str]) -> None:
    for place, code in enumerate(successors):
        if code in successors[:place]:
            raise Invalid.field(f"/successors/{place}", f"{code} is named twice: leave it out here")


async def _move_below(work: UnitOfWork, context: Context, unit: Unit) -> None:
    if len(unit.successors) == 1:
        [successor] = unit.successors
        below = [replace(each, parent_code=successor) for each in await store.units_below(work, unit.code)]
        await _save(work, context, UnitRow, below, lambda each: each)
        if last_day := unit.valid_to:
            await store.add_unit_stays(work, [UnitStay(each.code, last_day, unit.code) for each in below])


async def import_units(work: UnitOfWork, context: Context, province_code: str) -> list[Registered[Unit] | DomainError]:
    """The official list of a province, which has no insurance units and no days: a unit that has a parent or a first
    day already keeps it.
    Raises Invalid where there is no such province."""
    listed = official_units(province_code)
    await store.lock_registry(work)
    known = await store.known_units(work, [unit.code for unit in listed])
    return await register_units(work, context, [_with_what_no_list_has(u, known.get(u.code)) for u in listed])


def _with_what_no_list_has(unit: Unit, known: Unit | None) -> Unit:
    if known is None:
        return unit
    return replace(unit, parent_code=known.parent_code or unit.parent_code, valid_from=known.valid_from)


async def register_organisations(
    work: UnitOfWork, context: Context, organisations: Sequence[Organisation]
) -> list[Registered[Organisation] | DomainError]:
    """A parent may come before its children in one list. Codes in one list are distinct."""
    await store.lock_registry(work)
    organisations = await _as_registered(work, OrganisationRow, organisations)
    codes = {code for o in organisations for code in (o.code, o.parent_code) if code}
    parents = await store.organisations_above(work, codes)
    below = await store.organisation_levels_below(work, [o.code for o in organisations])

    def check(organisation: Organisation) -> Organisation:
        check_organisation(organisation, parents, below.get(organisation.code, 0))
        parents[organisation.code] = organisation.parent_code
        return organisation

    return await _save(work, context, OrganisationRow, organisations, check)


async def register_collectors(
    work: UnitOfWork,
    context: Context,
    collectors: Sequence[Collector],
    decide: Callable[[Collector | None, Collector, date], Collector] = moved,
) -> list[Registered[Collector] | DomainError]:
    """The organisations are registered already. Codes in one list are distinct. A change of the organisation counts
    from a day: what `decide` makes of each, as known, as wanted and today, is one of `domain.stays`."""
    await store.lock_registry(work)
    registered = await store.registered_codes(work, OrganisationRow, [c.organisation_code for c in collectors])
    collectors = [
        replace(c, organisation_code=registered.get(c.organisation_code.upper(), c.organisation_code))
        for c in await _as_registered(work, CollectorRow, collectors)
    ]
    organisations = frozenset(await store.organisations_above(work, {c.organisation_code for c in collectors}))
    known = await store.known_collectors(work, [c.code for c in collectors])

    def placed(collector: Collector) -> Collector:
        check_collector(collector, organisations)
        return decide(known.get(collector.code), collector, context.today)

    outcomes = await _save(work, context, CollectorRow, collectors, placed)
    await store.add_stays(work, [o.entry for o in outcomes if isinstance(o, Registered)])
    return outcomes


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
    work: UnitOfWork, context: Context, row: type[RegistryRow], entries: Sequence[E], decide: Callable[[E], E]
) -> list[Registered[E] | DomainError]:
    decided = [_decided(decide, entry) for entry in entries]
    accepted = [entry for entry in decided if not isinstance(entry, DomainError)]
    changed = await store.upsert(work, row, [asdict(entry) for entry in accepted])
    versions = await store.versions_of(work, row, [entry.code for entry in accepted])
    await emit(work, [registered_event(e, versions[e.code], context) for e in accepted if e.code in changed])
    return [e if isinstance(e, DomainError) else _registered(e, versions[e.code], e.code in changed) for e in decided]


def _decided(decide: Callable[[E], E], entry: E) -> E | DomainError:
    """The entry as it is to be registered, or why it cannot be."""
    try:
        return decide(entry)
    except DomainError as refusal:
        return refusal


def _registered(entry: E, version: int, is_changed: bool) -> Registered[E]:
    result: Result = "same" if not is_changed else "made" if version == 1 else "changed"
    return Registered(entry, version, result)

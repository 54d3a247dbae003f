"""The ledger of counted sign-ups, and the tallies of what was counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Uuid, bindparam, case, func, select, update

from services.contracts.checksums import checksums_of
from services.contracts.enrolment import EnrolmentEvent, EnrolmentFacts
from services.contracts.identities import enrolment_event_id
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, insert_many, table_of, unnest
from services.vocabulary import Kind, Scheme
from targets_api.domain.tally import Deltas, TallyKey
from targets_api.tables.ledger import LedgerRow, TallyRow

_FACTS: Final = (
    "enrolment_id",
    "unit_code",
    "organisation_code",
    "collector_code",
    "scheme",
    "kind",
    "signed_on",
    "covered_from",
    "covered_to",
    "cancelled",
)
"""What is kept of a sign-up, in the order of its checksum."""
_KEPT: Final = (*_FACTS, "version", "checksum")


class Change(NamedTuple):
    """What a batch entered, and what stood in its place before."""

    entered: Sequence[EnrolmentFacts]
    replaced: Sequence[Replaced]


class Replaced(NamedTuple):
    """An entry as it was counted until now."""

    enrolment_id: UUID
    version: int
    unit_code: str
    organisation_code: str
    collector_code: str
    scheme: Scheme
    kind: Kind
    signed_on: date
    cancelled: bool


class _Inserted(NamedTuple):
    """How many were not there before; which, unless all were."""

    n: int
    ids: list[UUID] | None


_ledger = table_of(LedgerRow)
_inserted = insert_many(LedgerRow, *_KEPT).on_conflict_do_nothing().returning(_ledger.c.enrolment_id).cte("inserted")
INSERT: Final = Query(
    _Inserted,
    select(
        func.count().label("n"),
        case((func.count() < bindparam("all", type_=Integer), func.array_agg(_inserted.c.enrolment_id))).label("ids"),
    ).select_from(_inserted),
)
_again = unnest("again", ids=Uuid(), checksum=BigInteger())
ADOPT: Final = (
    update(_ledger)
    .values(checksum=_again.c.checksum)
    .where(
        _ledger.c.enrolment_id == _again.c.ids,
        _ledger.c.version == 1,
        _ledger.c.checksum.is_(None),
        _again.c.checksum.is_not(None),
    )
)
LOCK: Final = Query(
    Replaced,
    select(*(_ledger.c[name] for name in Replaced._fields))
    .where(_ledger.c.enrolment_id == among("ids", Uuid()))
    .order_by(_ledger.c.enrolment_id)
    .with_for_update(),
)
_newer = unnest("newer", **{f"newer_{name}": _ledger.c[name].type for name in _KEPT})
REPLACE: Final = (
    update(_ledger)
    .values({name: _newer.c[f"newer_{name}"] for name in _KEPT if name != "enrolment_id"})
    .where(_ledger.c.enrolment_id == _newer.c.newer_enrolment_id)
)
_tally = insert_many(TallyRow, *TallyKey._fields, "n", "cancelled")
_t = table_of(TallyRow).c
TALLY: Final = _tally.on_conflict_do_update(
    index_elements=list(TallyKey._fields),
    set_={"n": _t.n + _tally.excluded["n"], "cancelled": _t.cancelled + _tally.excluded["cancelled"]},
)


async def enter(work: UnitOfWork, events: Sequence[EnrolmentEvent]) -> Change:
    """Enter what is newer than what was entered before. Each enrolment may come once; the order is that of their ids,
    so that two batches that share some wait for each other one way.
    """
    in_order = sorted(events, key=lambda event: event.data.enrolment_id)
    columns = _columns(in_order)
    inserted = await work.one(INSERT, {**columns, "all": len(in_order)})
    if inserted.n == len(in_order):
        return Change([event.data for event in in_order], ())
    first = _columns([event for event in in_order if event.data.version == 1])
    await work.execute(ADOPT, {"ids": first["enrolment_id"], "checksum": first["checksum"]})
    new = set(inserted.ids or ())
    change = await _replace(work, [event for event in in_order if event.data.enrolment_id not in new])
    return Change([*(e.data for e in in_order if e.data.enrolment_id in new), *change.entered], change.replaced)


async def _replace(work: UnitOfWork, known: Iterable[EnrolmentEvent]) -> Change:
    """Put the entries of later versions in the place of those that are there; a first version is never newer."""
    later = {event.data.enrolment_id: event for event in known if event.data.version > 1}
    locked = await work.all(LOCK, {"ids": list(later)}) if later else []
    replaced = [each for each in locked if each.version < later[each.enrolment_id].data.version]
    newer = [later[each.enrolment_id] for each in replaced]
    if newer:
        await work.execute(REPLACE, {f"newer_{name}": values for name, values in _columns(newer).items()})
    return Change([event.data for event in newer], replaced)


def _columns(events: Collection[EnrolmentEvent]) -> dict[str, list[Any]]:
    facts = [event.data for event in events]
    columns: dict[str, list[Any]] = {name: [getattr(each, name) for each in facts] for name in (*_FACTS, "version")}
    checksums = checksums_of(*(columns[name] for name in _FACTS))
    columns["checksum"] = [c if _is_repeatable(event) else None for event, c in zip(events, checksums, strict=True)]
    return columns


def _is_repeatable(event: EnrolmentEvent) -> bool:
    """Whether the source can publish it again. What it once published under an id of its own, it cannot."""
    return event.id.int == enrolment_event_id(event.data.enrolment_id, event.data.version).int


async def tally(work: UnitOfWork, deltas: Deltas) -> None:
    """Add the deltas to the tallies, in the order of their keys: see `tables.locks`."""
    keys = sorted(deltas.standing.keys() | deltas.cancelled.keys()) if deltas.cancelled else list(deltas.standing)
    columns: Mapping[str, list[Any]] = {
        name: list(values) for name, values in zip(TallyKey._fields, zip(*keys, strict=True), strict=True)
    }
    counts = {"n": [deltas.standing.get(k, 0) for k in keys], "cancelled": [deltas.cancelled.get(k, 0) for k in keys]}
    await work.execute(TALLY, {**columns, **counts})

"""The ledger of counted sign-ups, and the tallies of what was counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Uuid, and_, bindparam, case, false, func, select, update

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
_DETAILS: Final = ("amount_paid", "channel", "campaign_code")
"""What is kept besides, of the version `details_version`."""
_GIVEN: Final = (*_FACTS, "version", *_DETAILS)
_GIVEN_OF: Final = attrgetter(*_GIVEN)
_KEPT: Final = (*_FACTS, "version", "checksum", *_DETAILS, "details_version")


class Change(NamedTuple):
    """What a batch entered, what stood in its place before, and entries that got what was paid."""

    entered: Sequence[EnrolmentFacts]
    replaced: Sequence[Entry]
    completed: Sequence[Entry]


class Entry(NamedTuple):
    """An entry as it is counted; `amount_paid` is None where it is not known."""

    enrolment_id: UUID
    version: int
    unit_code: str
    organisation_code: str
    collector_code: str
    scheme: Scheme
    kind: Kind
    signed_on: date
    cancelled: bool
    amount_paid: int | None


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
_has_details = func.coalesce(_ledger.c.details_version == _ledger.c.version, false())
_entry = (
    *(_ledger.c[name] for name in Entry._fields[:-1]),
    case((_has_details, _ledger.c.amount_paid)).label("amount_paid"),
)
_same = unnest(
    "same", same_id=Uuid(), same_version=Integer(), **{f"same_{name}": _ledger.c[name].type for name in _DETAILS}
)
_lacking = (
    select(_ledger.c.enrolment_id, *(_same.c[f"same_{name}"] for name in _DETAILS))
    .join_from(
        _ledger, _same, and_(_ledger.c.enrolment_id == _same.c.same_id, _ledger.c.version == _same.c.same_version)
    )
    .where(~_has_details)
    .order_by(_ledger.c.enrolment_id)
    .with_for_update(of=_ledger)
    .cte("lacking")
)
COMPLETE: Final = Query(
    Entry,
    update(_ledger)
    .values({**{name: _lacking.c[f"same_{name}"] for name in _DETAILS}, "details_version": _ledger.c.version})
    .where(_ledger.c.enrolment_id == _lacking.c.enrolment_id)
    .returning(*_entry),
)
"""Entries of the same version whose details are not known get them."""
LOCK: Final = Query(
    Entry,
    select(*_entry)
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
_SUMS: Final = ("n", "cancelled", "amount", "with_amount")
_tally = insert_many(TallyRow, *TallyKey._fields, *_SUMS)
_t = table_of(TallyRow).c
TALLY: Final = _tally.on_conflict_do_update(
    index_elements=list(TallyKey._fields),
    set_={name: _t[name] + _tally.excluded[name] for name in _SUMS},
)


async def enter(work: UnitOfWork, events: Sequence[EnrolmentEvent]) -> Change:
    """Enter what is newer than what was entered before. Each enrolment may come once; the order is that of their ids,
    so that two batches that share some wait for each other one way.
    """
    in_order = sorted(events, key=lambda event: event.data.enrolment_id)
    inserted = await work.one(INSERT, {**_columns(in_order), "all": len(in_order)})
    if inserted.n == len(in_order):
        return Change([event.data for event in in_order], (), ())
    new = set(inserted.ids or ())
    known = [event for event in in_order if event.data.enrolment_id not in new]
    completed = await _complete(work, known)
    newer, replaced = await _replace(work, known)
    return Change([*(e.data for e in in_order if e.data.enrolment_id in new), *newer], replaced, completed)


async def _complete(work: UnitOfWork, known: Sequence[EnrolmentEvent]) -> Sequence[Entry]:
    """Give the entries of the same version what they lack: a checksum, and the details."""
    columns = _columns(known)
    first = _columns([event for event in known if event.data.version == 1])
    await work.execute(ADOPT, {"ids": first["enrolment_id"], "checksum": first["checksum"]})
    details = {f"same_{name}": columns[name] for name in _DETAILS}
    return await work.all(COMPLETE, {"same_id": columns["enrolment_id"], "same_version": columns["version"], **details})


async def _replace(work: UnitOfWork, known: Iterable[EnrolmentEvent]) -> tuple[list[EnrolmentFacts], list[Entry]]:
    """Put the entries of later versions in the place of those that are there; a first version is never newer."""
    later = {event.data.enrolment_id: event for event in known if event.data.version > 1}
    locked = await work.all(LOCK, {"ids": list(later)}) if later else []
    replaced = [each for each in locked if each.version < later[each.enrolment_id].data.version]
    newer = [later[each.enrolment_id] for each in replaced]
    if newer:
        await work.execute(REPLACE, {f"newer_{name}": values for name, values in _columns(newer).items()})
    return [event.data for event in newer], replaced


def _columns(events: Collection[EnrolmentEvent]) -> dict[str, list[Any]]:
    rows = zip(*(_GIVEN_OF(event.data) for event in events), strict=True) if events else ((),) * len(_GIVEN)
    columns: dict[str, list[Any]] = {name: list(values) for name, values in zip(_GIVEN, rows, strict=True)}
    columns["details_version"] = columns["version"]
    checksums = checksums_of(*(columns[name] for name in _FACTS))
    columns["checksum"] = [c if _is_repeatable(event) else None for event, c in zip(events, checksums, strict=True)]
    return columns


def _is_repeatable(event: EnrolmentEvent) -> bool:
    """Whether the source can publish it again. What it once published under an id of its own, it cannot."""
    return event.id.int == enrolment_event_id(event.data.enrolment_id, event.data.version).int


async def tally(work: UnitOfWork, deltas: Deltas) -> None:
    """Add the deltas to the tallies, in the order of their keys: see `tables.locks`."""
    keys = deltas.keys()
    columns: Mapping[str, list[Any]] = {
        name: list(values) for name, values in zip(TallyKey._fields, zip(*keys, strict=True), strict=True)
    }
    sums = {name: [of.get(k, 0) for k in keys] for name, of in zip(_SUMS, deltas.sums(), strict=True)}
    await work.execute(TALLY, {**columns, **sums})

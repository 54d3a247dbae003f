"""The ledger of counted events, and the tallies of what was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Uuid, bindparam, case, func, select, update

from services.contracts.checksums import checksums_of
from services.contracts.enrolment import EnrolmentFacts, EnrolmentRecorded
from services.persistence.statements import Query
from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import insert_many, table_of, unnest
from targets_api.domain.tally import TallyKey
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
)
"""What is kept of a sign-up, in the order of its checksum."""


class Entered(NamedTuple):
    """How many events were new; which, unless all were."""

    n: int
    ids: list[UUID] | None


_ledger = table_of(LedgerRow)
_entered = (
    insert_many(LedgerRow, "event_id", *_FACTS, "checksum")
    .on_conflict_do_nothing()
    .returning(_ledger.c.event_id)
    .cte("entered")
)
ENTER: Final = Query(
    Entered,
    select(
        func.count().label("n"),
        case((func.count() < bindparam("all", type_=Integer), func.array_agg(_entered.c.event_id))).label("ids"),
    ).select_from(_entered),
)
_again = unnest("again", ids=Uuid(), checksum=BigInteger())
ADOPT: Final = (
    update(_ledger)
    .values(checksum=_again.c.checksum)
    .where(_ledger.c.event_id == _again.c.ids, _ledger.c.checksum.is_(None), _again.c.checksum.is_not(None))
)
_tally = insert_many(TallyRow, *TallyKey._fields, "n")
TALLY: Final = _tally.on_conflict_do_update(
    index_elements=list(TallyKey._fields), set_={"n": table_of(TallyRow).c.n + _tally.excluded["n"]}
)


async def enter(work: UnitOfWork, events: Sequence[EnrolmentRecorded]) -> Sequence[EnrolmentFacts]:
    """Enter the events, and return the facts of those that were not entered before. Each id may come once.

    An event whose id is its enrolment's can be published again: it has a checksum, by which it is compared with the
    source. What the version before entered without one gets it when the event comes again.
    """
    facts = [event.data for event in events]
    columns: dict[str, list[Any]] = {name: [getattr(each, name) for each in facts] for name in _FACTS}
    columns["event_id"] = [event.id for event in events]
    columns["checksum"] = _checksums(columns)
    entered = await work.one(ENTER, {**columns, "all": len(events)})
    if entered.n == len(events):
        return facts
    await work.execute(ADOPT, {"ids": columns["event_id"], "checksum": columns["checksum"]})
    new = set(entered.ids or ())
    return [event.data for event in events if event.id in new]


def _checksums(columns: Mapping[str, list[Any]]) -> list[int | None]:
    checksums = checksums_of(*(columns[name] for name in _FACTS))
    own = zip(columns["event_id"], columns["enrolment_id"], checksums, strict=True)
    return [checksum if event_id.int == enrolment_id.int else None for event_id, enrolment_id, checksum in own]


async def tally(work: UnitOfWork, deltas: Mapping[TallyKey, int]) -> None:
    """Add the deltas to the tallies, in the order of their keys: see `tables.locks`."""
    keys = zip(*deltas, strict=True)
    columns = {name: list(values) for name, values in zip(TallyKey._fields, keys, strict=True)}
    await work.execute(TALLY, {**columns, "n": list(deltas.values())})

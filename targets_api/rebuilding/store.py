"""Correct the ledger, and the rollups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, delete
from sqlalchemy.dialects.postgresql import Insert
from sqlmodel import SQLModel

from services.persistence.unit_of_work import UnitOfWork
from services.persistence.unnest import among, columns_of, insert_many, table_of
from services.reconciliation.entries import Entry, of_ids
from targets_api.ledger.store import INSERT, LOCK, REPLACE
from targets_api.rebuilding.queries import ENTRIES, Tree, WrongRollup
from targets_api.tables.ledger import LedgerRow
from targets_api.tables.rollups import SUMS, OrganisationRollupRow, UnitRollupRow

_ledger = table_of(LedgerRow)
REMOVE: Final = delete(_ledger).where(_ledger.c.enrolment_id == among("ids", Uuid()))


def added_to(row: type[SQLModel], *key: str) -> Insert:
    """Add to the sums of the rows that have these keys, or begin them."""
    added, kept = insert_many(row, *key, *SUMS), table_of(row).c
    sums = {name: kept[name] + added.excluded[name] for name in SUMS}
    return added.on_conflict_do_update(index_elements=key, set_=sums)


ADD: Final = {
    "unit": added_to(UnitRollupRow, "unit_code", "scheme", "span", "begins_on"),
    "organisation": added_to(OrganisationRollupRow, "organisation_code", "scheme", "span", "begins_on"),
}


async def put(work: UnitOfWork, entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Enter those that the ledger lacks, or has otherwise; not what it has in a later version. What was entered, and
    what stood in its place before."""
    in_order = sorted(entries)
    inserted = await work.one(INSERT, {**_columns(in_order), "all": len(in_order)})
    new = {entry.enrolment_id for entry in in_order} if inserted.n == len(in_order) else set(inserted.ids or ())
    kept = await lock(work, [entry.enrolment_id for entry in in_order if entry.enrolment_id not in new])
    changed = [entry for entry in in_order if entry.enrolment_id in kept and _differs(entry, kept[entry.enrolment_id])]
    if changed:
        await work.execute(REPLACE, {f"newer_{name}": values for name, values in _columns(changed).items()})
    entered = [entry for entry in in_order if entry.enrolment_id in new]
    return entered + changed, [kept[entry.enrolment_id] for entry in changed]


def _columns(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    columns = columns_of([entry._asdict() for entry in entries], *Entry._fields)
    return {**columns, "details_version": columns["version"]}


def _differs(entry: Entry, kept: Entry) -> bool:
    return kept.version <= entry.version and kept != entry


async def lock(work: UnitOfWork, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """The entries of the ledger, locked in the order of their ids before they are read."""
    if not ids:
        return {}
    locked = await work.all(LOCK, {"ids": list(ids)})
    return await of_ids(work, ENTRIES, [each.enrolment_id for each in locked])


async def remove(work: UnitOfWork, ids: Collection[UUID]) -> None:
    """Take them out of the ledger, and by its trigger out of the tallies."""
    await work.execute(REMOVE, {"ids": list(ids)})


async def add_to_rollups(work: UnitOfWork, tree: Tree, wrong: Sequence[WrongRollup]) -> None:
    """Add what they lack, in the order of their keys."""
    columns = columns_of([each._asdict() for each in wrong], *WrongRollup._fields)
    await work.execute(ADD[tree], {f"{tree}_code": columns.pop("code"), **columns})

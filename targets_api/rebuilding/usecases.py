"""Correct what differs, beside the counting: each unit of work leaves a figure as it was, or right.

What differs is measured in one statement, and added later: counting and folding write both sides of each comparison
alike, so that the difference stays the same meanwhile. A second rebuild would add it twice; and a move takes what is
wrong of a node to those above it: rollups are measured anew after one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from services.context import Context
from services.persistence import locks, versions
from services.persistence.unit_of_work import UnitOfWork
from services.reconciliation.entries import Entry
from targets_api.attainment.recount import recount
from targets_api.attainment.store import lock_counting_shared
from targets_api.counting.usecases import advance_targets
from targets_api.domain.discrepancy import Discrepancies, Settled, settled
from targets_api.domain.tally import Deltas, deltas_of
from targets_api.ledger.store import tally
from targets_api.rebuilding import store
from targets_api.rebuilding.queries import Tree, WrongRollup, WrongTally, places
from targets_api.review.usecases import review
from targets_api.tables.locks import ROLLING_UP


async def restore(work: UnitOfWork, context: Context, entries: Sequence[Entry], open_: Discrepancies) -> int:
    """Enter what the ledger lacks or has otherwise, and count it unless the tallies do already. How many those were.

    Targets advance by what is counted: the event of a sign-up may be on its way, and changes nothing when it arrives.
    """
    await lock_counting_shared(work)
    entered, replaced = await store.put(work, entries)
    result = settled(open_, entered, replaced)
    if result.added:
        await tally(work, result.added)
        await advance_targets(work, context, result.added.standing)
    _settle_after_commit(work, open_, result)
    return len(entered)


async def remove(work: UnitOfWork, ids: Collection[UUID], open_: Discrepancies) -> int:
    """Take entries out of the ledger, and out of the tallies where they were counted. How many those were.

    The trigger takes each out of its tally: so what was not counted is added before. That locks the tallies in the
    order of their keys, too.
    """
    await lock_counting_shared(work)
    removed = list((await store.lock(work, ids)).values())
    if not removed:
        return 0
    result = settled(open_, (), removed)
    taken = deltas_of((), removed)
    before = zip(result.added.sums(), taken.sums(), strict=True)
    await tally(work, Deltas(*({key: added.get(key, 0) - n for key, n in of.items()} for added, of in before)))
    await store.remove(work, [entry.enrolment_id for entry in removed])
    _settle_after_commit(work, open_, result)
    return len(removed)


def _settle_after_commit(work: UnitOfWork, open_: Discrepancies, result: Settled) -> None:
    work.after_commit(lambda: open_.settle(result))


async def correct_figures(
    work: UnitOfWork,
    tallies: Sequence[WrongTally],
    rollups: Mapping[Tree, Sequence[WrongRollup]],
    measured_at: Mapping[Tree, Decimal],
) -> bool:
    """Add to tallies what they lack of the ledger, which rollups follow by trigger; and to rollups what they lacked of
    the tallies. Folding, which writes the rows of rollups, waits; counting does not.

    False, and nothing is added, where the places that a tree of the rollups was `measured_at` are others now.
    """
    if any(rollups.values()):
        await locks.take(work, ROLLING_UP)
    await lock_counting_shared(work)
    for tree, wrong in rollups.items():
        if wrong and await places(work, tree) != measured_at[tree]:
            return False
    if tallies:
        await tally(work, Deltas(*({each.key: each.lacks[nth] for each in sorted(tallies)} for nth in range(4))))
    for tree, wrong in rollups.items():
        if wrong:
            await store.add_to_rollups(work, tree, wrong)
    if not tallies:  # folding writes rollups and changes no answer: so they bump no version by themselves
        await versions.bump(work)
    return True


async def correct_attainment(work: UnitOfWork, context: Context, target_ids: Sequence[UUID]) -> None:
    """Count the targets anew from tallies and baselines, and judge them by that."""
    await recount(work, target_ids)
    await review(work, context, target_ids)

"""Apply sign-ups: into the ledger, the tallies and the targets, in one unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.contracts.events import EnrolmentRecorded
from services.database import WriteSession
from targets_api import locks
from targets_api.changes import note_change
from targets_api.domain.advance import advances_of
from targets_api.domain.tally import TallyKey, deltas_of
from targets_api.occasion import Occasion
from targets_api.progress import store
from targets_api.review.usecases import review


async def apply(session: WriteSession, events: Sequence[EnrolmentRecorded], occasion: Occasion) -> None:
    """Count what was not counted before, and review the targets it touches. A unit need not be known to be counted."""
    once = {event.id: event for event in events}
    await locks.counting(session)
    # Sorted, two batches that hold the same event wait for each other in one order.
    entered = await store.enter(session, [once[event_id] for event_id in sorted(once)])
    if not entered:
        return
    deltas = deltas_of(entered)
    await store.tally(session, deltas)
    await review(session, await _advance(session, deltas), occasion)
    await note_change(session)


async def _advance(session: WriteSession, deltas: Mapping[TallyKey, int]) -> list[UUID]:
    """Advance the targets that the deltas count for, and tell which they are."""
    above = await store.organisations_above(session, {key.organisation_code for key in deltas})
    targets = await store.targets_within_reach(session, deltas.keys(), frozenset().union(*above.values()))
    advances = advances_of(deltas, targets, above)
    if advances:
        await store.advance(session, advances)
    return list(advances)

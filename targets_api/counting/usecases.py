"""Count sign-ups: into the ledger, the tallies and the targets, in one unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.context import Context
from services.contracts.enrolment import EnrolmentEvent
from services.persistence.unit_of_work import UnitOfWork
from targets_api.attainment.candidates import candidates
from targets_api.attainment.store import advance, lock_counting_shared
from targets_api.domain.counting import advances_of
from targets_api.domain.tally import TallyKey, deltas_of
from targets_api.hierarchy.queries import organisations_above
from targets_api.ledger import store as ledger
from targets_api.ledger.touched import touched_by_sign_ups
from targets_api.review.usecases import review


async def count(work: UnitOfWork, context: Context, events: Sequence[EnrolmentEvent]) -> None:
    """Count each sign-up as its newest event says, whatever the order and number of its events, and review the targets
    it touches. A unit need not be known to be counted.

    Progress tells the time of the newest event, now at the latest: the clocks of the services may differ.
    """
    await lock_counting_shared(work)
    change = await ledger.enter(work, _newest(events))
    deltas = deltas_of(*change)
    touched = touched_by_sign_ups([*deltas.keys(), *change.replaced, *change.completed])
    if not touched:
        return
    work.note_applied(min(max(event.time for event in events), context.now))
    if not deltas:
        work.note_touched(touched)  # of what it is split by, something has changed
        return
    with work.touching(touched):
        await ledger.tally(work, deltas)
        await advance_targets(work, context, deltas.standing)


async def advance_targets(work: UnitOfWork, context: Context, standing: Mapping[TallyKey, int]) -> None:
    """Advance the targets that these count for, which were added to the tallies, and review them."""
    if not standing:
        return
    above = await organisations_above(work, {key.organisation_code for key in standing})
    targets = await candidates(work, standing.keys(), frozenset().union(*above.values()))
    if advances := advances_of(standing, targets, above):
        await advance(work, advances)
        await review(work, context, list(advances))


def _newest(events: Iterable[EnrolmentEvent]) -> list[EnrolmentEvent]:
    """The event of the newest version of each enrolment."""
    newest: dict[UUID, EnrolmentEvent] = {}
    for event in events:
        found = newest.setdefault(event.data.enrolment_id, event)
        if event.data.version > found.data.version:
            newest[event.data.enrolment_id] = event
    return list(newest.values())

"""The agency's decisions: on sign-ups, and on cases of identity, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeAlias
from uuid import UUID

from enrolment_api.cases import store as cases
from enrolment_api.cases.store import LockedCases
from enrolment_api.changes import store
from enrolment_api.changes.events import changed_event
from enrolment_api.changes.usecases import Outcome, WantedChange, change_status, history_entry
from enrolment_api.domain import life
from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.identity import Case, CoversOverlap, Verdict, agrees
from enrolment_api.domain.life import Change
from enrolment_api.domain.sign_up import Participant
from enrolment_api.people import store as people
from enrolment_api.people.keys import PeopleKeys
from services.context import Context
from services.errors import Conflict
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork

Reviewed: TypeAlias = Outcome | Case

DISPUTED: Final = "the personal ID is that of another person (case {}): correct it"
"""The reason in the history of sign-ups that lose their personal ID to the person of a case."""
GIVEN_BACK: Final = "the personal ID is that of this person after all (case {})"
"""The reason in the history of sign-ups that had lost their personal ID in error."""


async def review(
    work: UnitOfWork, context: Context, wanted: Sequence[WantedChange], keys: PeopleKeys
) -> list[Reviewed]:
    """Decide each, and answer it in its place; one that cannot be decided does not affect the others."""
    known = await cases.lock(work, keys, {each.enrolment_id for each in wanted})
    await _lock_involved(work, known, wanted, keys)
    of_sign_ups = iter(
        await change_status(
            work, context, [each for each in wanted if each.enrolment_id not in known.cases], None, keys
        )
    )
    return [
        await _decide_case(work, context, known, each, keys) if each.enrolment_id in known.cases else next(of_sign_ups)
        for each in wanted
    ]


async def _lock_involved(
    work: UnitOfWork, known: LockedCases, wanted: Sequence[WantedChange], keys: PeopleKeys
) -> None:
    """Lock whatever these decisions may change, all at once: case by case, two lists of decisions on the same people
    could wait for each other."""
    accepted = {each.enrolment_id for each in wanted if each.change.step == "acceptance"}
    claims = [case.claim for case in known.cases.values() if case.id in accepted]
    if not claims:
        return
    owners = {claim.participant_id: claim.person.personal_id for claim in claims}
    given = {participant for owner in owners for participant in known.given[owner]}
    await store.lock_involved(work, [each.enrolment_id for each in wanted], {*owners, *given})
    await people.lock(work, owners)
    await people.index(work, keys, owners)


async def _decide_case(
    work: UnitOfWork, context: Context, known: LockedCases, wanted: WantedChange, keys: PeopleKeys
) -> Case | Conflict:
    """Of two decisions on one case the second sees what the first has made of it."""
    verdict: Verdict = "accept" if wanted.change.step == "acceptance" else "return"
    try:
        case = known.cases[wanted.enrolment_id].decided(verdict, wanted.change.version)
        given = await _give_id_to_claimant(work, context, known, case, keys) if verdict == "accept" else ()
    except Conflict as refusal:
        return refusal
    known.cases[case.id] = case
    await cases.save_decision(work, case, context, wanted.change.reason, given)
    return case


async def _give_id_to_claimant(
    work: UnitOfWork, context: Context, known: LockedCases, case: Case, keys: PeopleKeys
) -> list[UUID]:
    """The participant becomes who was claimed; sign-ups of others under that ID become those of other participants,
    which are returned, and those that an earlier decision took from whoever is claimed are theirs again.

    Raises CoversOverlap, having changed nothing.
    """
    owner, claimed = case.claim.participant_id, case.claim.person
    sign_ups = await store.of_participants(work, keys, {owner, *known.given[owner]})
    own = [each for each in sign_ups if agrees(each.sign_up.participant, claimed)]
    _need_no_overlap(own)
    back = [each for each in own if each.participant_id != owner]
    others = [each for each in sign_ups if each.participant_id == owner and each not in own]
    await people.save(work, keys, owner, claimed)
    given = []
    for person, theirs in _by_person(others):
        given.append(await people.add_unindexed(work, keys, person))
        await store.give(work, [each.id for each in theirs], given[-1])
    await store.give(work, [each.id for each in back], owner)
    await _dispute(work, context, others, DISPUTED.format(case.id))
    await _note_given_back(work, context, back, GIVEN_BACK.format(case.id))
    known.given[owner].update(given)
    return given


def _need_no_overlap(sign_ups: Sequence[Enrolment]) -> None:
    """Raises CoversOverlap where two of these cover the same days by one scheme."""
    in_order = sorted(sign_ups, key=lambda each: (each.sign_up.scheme, each.decision.covered_from))
    for one, other in pairwise(in_order):
        if one.sign_up.scheme == other.sign_up.scheme and other.decision.covered_from <= one.decision.covered_to:
            raise CoversOverlap(one.id, other.id)


def _by_person(sign_ups: Sequence[Enrolment]) -> list[tuple[Participant, list[Enrolment]]]:
    """The sign-ups of each of the people whom they name."""
    found: list[tuple[Participant, list[Enrolment]]] = []
    for each in sign_ups:
        named = each.sign_up.participant
        for person, theirs in found:
            if agrees(person, named):
                theirs.append(each)
                break
        else:
            found.append((named, [each]))
    return found


async def _dispute(work: UnitOfWork, context: Context, before: Sequence[Enrolment], reason: str) -> None:
    """Note it in the history of each; return those that were submitted."""
    after = [life.disputed(each) for each in before]
    if not after:
        return
    await store.move(work, after)
    changes = [Change("return", each.version, reason) for each in before]
    await work.add(*(history_entry(e, c, context) for e, c in zip(after, changes, strict=True)))
    returned = [e for e, b in zip(after, before, strict=True) if e.status != b.status]
    await emit(work, [changed_event(each, context) for each in returned])


async def _note_given_back(work: UnitOfWork, context: Context, before: Sequence[Enrolment], reason: str) -> None:
    """Note it in the history of each."""
    after = [life.given_back(each) for each in before]
    if after:
        await store.move(work, after)
        await work.add(*(history_entry(e, Change("return", e.version - 1, reason), context) for e in after))

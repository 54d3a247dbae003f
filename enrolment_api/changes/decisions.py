"""The agency's decisions: on sign-ups, and on cases of identity, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias
from uuid import UUID

from enrolment_api.cases import store as cases
from enrolment_api.changes import store
from enrolment_api.changes.events import changed_event
from enrolment_api.changes.usecases import Outcome, WantedChange, change_status, history_entry
from enrolment_api.domain import life
from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.domain.identity import Case, Verdict, agrees
from enrolment_api.domain.life import Change
from enrolment_api.domain.sign_up import Participant
from enrolment_api.people import store as people
from enrolment_api.people.keys import PeopleKeys
from services.context import Context
from services.errors import DomainError
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork

Reviewed: TypeAlias = Outcome | Case

DISPUTED: Final = "the personal ID is that of another person (case {}): correct it"
"""The reason in the history of sign-ups that lose their personal ID to the person of a case."""


async def review(
    work: UnitOfWork, context: Context, wanted: Sequence[WantedChange], keys: PeopleKeys
) -> list[Reviewed]:
    """Decide each, and answer it in its place; one that cannot be decided does not affect the others."""
    known = await cases.lock(work, keys, {each.enrolment_id for each in wanted})
    of_sign_ups = iter(
        await change_status(work, context, [each for each in wanted if each.enrolment_id not in known], None, keys)
    )
    return [
        await _decide_case(work, context, known, each, keys) if each.enrolment_id in known else next(of_sign_ups)
        for each in wanted
    ]


async def _decide_case(
    work: UnitOfWork, context: Context, known: dict[UUID, Case], wanted: WantedChange, keys: PeopleKeys
) -> Case | DomainError:
    """Of two decisions on one case the second sees what the first has made of it."""
    verdict: Verdict = "accept" if wanted.change.step == "acceptance" else "return"
    try:
        case = known[wanted.enrolment_id].decided(verdict, wanted.change.version)
    except DomainError as refusal:
        return refusal
    known[case.id] = case
    await cases.save_decision(work, case, context, wanted.change.reason)
    if verdict == "accept":
        await _give_id_to_claimant(work, context, case, keys)
    return case


async def _give_id_to_claimant(work: UnitOfWork, context: Context, case: Case, keys: PeopleKeys) -> None:
    """The participant becomes who was claimed; sign-ups of others under that ID become those of other participants."""
    claim = case.claim
    sign_ups = await store.lock_of_participant(work, keys, claim.participant_id)
    await people.save(work, keys, claim.participant_id, claim.person)
    others = [each for each in sign_ups if not agrees(each.sign_up.participant, claim.person)]
    for person, theirs in _by_person(others):
        participant_id = await people.add_unindexed(work, keys, person)
        await store.give(work, [each.id for each in theirs], participant_id)
    await _dispute(work, context, others, DISPUTED.format(case.id))


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

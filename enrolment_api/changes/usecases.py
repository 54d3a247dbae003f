"""Change sign-ups: load and lock → decide → save with history and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from enrolment_api.cases.usecases import Refusal, claim_of, open_cases
from enrolment_api.changes import store
from enrolment_api.changes.events import changed_event
from enrolment_api.domain import life
from enrolment_api.domain.enrolment import Decision, Enrolment, Rules, decide
from enrolment_api.domain.household import household_of, left_by
from enrolment_api.domain.identity import IdentityMismatch, agrees, names_other_person
from enrolment_api.domain.life import Change
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.enrolments import store as enrolments
from enrolment_api.enrolments.events import event_of
from enrolment_api.enrolments.store import KnownPeople
from enrolment_api.people import store as people
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.tables.enrolments import EnrolmentChangeRow
from services.context import Context
from services.contracts.checksums import checksum_of
from services.errors import Conflict, DomainError, NotFound
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork

Outcome: TypeAlias = Enrolment | DomainError


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change of one enrolment."""

    enrolment_id: UUID
    change: Change


async def change_status(
    work: UnitOfWork,
    context: Context,
    wanted: Sequence[WantedChange],
    organisation_code: str | None,
    keys: PeopleKeys,
) -> list[Outcome]:
    """Submit, accept or return each, and answer it in its place; one that cannot be changed does not affect the others.

    Where an organisation is given, those of others are not found.
    """
    known = await store.lock(work, keys, {each.enrolment_id for each in wanted}, organisation_code)
    outcomes = [_outcome(known, each) for each in wanted]
    moved = [(w.change, o) for w, o in zip(wanted, outcomes, strict=True) if isinstance(o, Enrolment)]
    if moved:
        await store.move(work, _newest([enrolment for _, enrolment in moved]))
        await work.add(*(history_entry(enrolment, change, context) for change, enrolment in moved))
        await emit(work, [changed_event(enrolment, context) for _, enrolment in moved])
    return outcomes


async def cancel(
    work: UnitOfWork, context: Context, wanted: WantedChange, organisation_code: str, keys: PeopleKeys
) -> Enrolment:
    """Cancel it for good: its cover never began. Raises NotFound, EnrolmentIsCancelled, StaleVersion."""
    before = await _locked(work, keys, wanted.enrolment_id, organisation_code)
    return await _replace(work, context, keys, before, life.changed(before, wanted.change), wanted.change)


async def correct(
    work: UnitOfWork,
    context: Context,
    wanted: WantedChange,
    changes: Mapping[str, Any],
    rules: Rules,
    keys: PeopleKeys,
) -> Enrolment | Refusal:
    """Correct what was sent, and decide on it anew. Raises NotFound, EnrolmentIsCancelled, StaleVersion, and whatever
    refuses a sign-up, its fields below /changes; but returns that it names another person than is known for its
    personal ID, since the case of that is to be committed."""
    before = await _locked(work, keys, wanted.enrolment_id, context.organisation())
    moved = life.changed(before, wanted.change)
    sign_up = life.corrected(life.as_sent(before), changes)
    try:
        sign_up, decision, known = await _decide(work, sign_up, before, rules, keys)
    except IdentityMismatch as mismatch:
        claim = claim_of(sign_up, mismatch.participant_id)
        [refusal] = await open_cases(work, context, [claim], rules.mismatches_an_hour, keys)
        return refusal
    except DomainError as refusal:
        raise refusal.below("/changes") from None
    participant_id = await _save_person(work, keys, known, before, sign_up)
    after = replace(moved, participant_id=participant_id, sign_up=sign_up, decision=decision)
    return await _replace(work, context, keys, before, after, wanted.change)


async def _decide(
    work: UnitOfWork, sign_up: SignUp, before: Enrolment, rules: Rules, keys: PeopleKeys
) -> tuple[SignUp, Decision, KnownPeople]:
    """As for a sign-up that was never recorded, but for the number in the household, which it may keep; and whoever it
    is of stays so, where the correction does not name somebody else."""
    codes = await enrolments.known_codes(work, [sign_up], with_above=bool(rules.rates.local_support))
    sign_up = codes.with_registered_codes(sign_up)
    codes = codes.with_collector_as_recorded(before.sign_up, sign_up)
    stays = not names_other_person(before.sign_up.participant, sign_up.participant)
    whose = before.participant_id if stays else None
    known = await enrolments.known_of(work, keys, [sign_up], [before.id], whose)
    members = known.members(0, household_of(sign_up), before.membership())
    own_covers, participant_id = known.own_covers_of_another(0, sign_up), known.people[0].id
    if stays or (own_covers is not None and await _is_own(work, before, participant_id)):
        own_covers = None
    covers, supported_before = known.covers.get(0, ()), known.supported_before(0, is_another=own_covers is not None)
    try:
        decision = decide(sign_up, codes, covers, members, rules, supported_before, own_covers)
    except IdentityMismatch as mismatch:
        mismatch.participant_id = participant_id
        raise
    return codes.placed(sign_up), decision, known


async def _is_own(work: UnitOfWork, before: Enrolment, participant_id: UUID) -> bool:
    """Whether the participant is that of the sign-up as it was, and nobody else has signed them up: then the
    organisation may say that they are somebody else."""
    if participant_id != before.participant_id:
        return False
    return not await store.others_have(work, participant_id, before.sign_up.organisation_code)


async def _save_person(
    work: UnitOfWork, keys: PeopleKeys, known: KnownPeople, before: Enrolment, sign_up: SignUp
) -> UUID:
    """The participant of the corrected sign-up: another one where it is another personal ID. What was wrong about the
    same one is corrected there, too; but not what the sign-up says otherwise than was known, and said so before. Raises
    Conflict."""
    person = known.people[0]
    if person.sealed is None:
        if await people.make(work, keys, {person.id: (person, sign_up.participant)}):
            raise Conflict("another sign-up of this person was recorded at the same moment: send this again")
        return person.id
    names_anew = names_other_person(before.sign_up.participant, sign_up.participant)
    is_known = 0 in known.named and agrees(known.named[0], sign_up.participant)
    if person.id in known.nobodys or (person.id == before.participant_id and (names_anew or is_known)):
        await people.save(work, keys, person.id, sign_up.participant)
    return person.id


async def is_shared(work: UnitOfWork, enrolment: Enrolment) -> bool:
    """Whether others have signed the person up, too: then whoever recorded this one has learnt of their cover."""
    return await store.others_have(work, enrolment.participant_id, enrolment.sign_up.organisation_code)


async def _locked(work: UnitOfWork, keys: PeopleKeys, enrolment_id: UUID, organisation_code: str) -> Enrolment:
    known = await store.lock(work, keys, [enrolment_id], organisation_code)
    if enrolment_id not in known:
        raise _not_found(enrolment_id)
    return known[enrolment_id]


async def _replace(
    work: UnitOfWork,
    context: Context,
    keys: PeopleKeys,
    before: Enrolment,
    after: Enrolment,
    change: Change,
) -> Enrolment:
    event = event_of(after, context.at, context.correlation_id)
    await store.replace(work, keys, after, checksum_of(event.data))
    if left := left_by(before.membership(), after.membership()):
        await store.hand_over(work, left)
    different = life.differences(before.sign_up, after.sign_up) if change.step == "correction" else ()
    await work.add(history_entry(after, change, context, different))
    await emit(work, [event])
    return after


def _outcome(known: dict[UUID, Enrolment], wanted: WantedChange) -> Outcome:
    """Of two changes of one enrolment the second sees what the first has made of it."""
    enrolment = known.get(wanted.enrolment_id)
    if enrolment is None:
        return _not_found(wanted.enrolment_id)
    try:
        known[enrolment.id] = life.changed(enrolment, wanted.change)
    except DomainError as refusal:
        return refusal
    return known[enrolment.id]


def _newest(enrolments: Sequence[Enrolment]) -> list[Enrolment]:
    return list({enrolment.id: enrolment for enrolment in enrolments}.values())


def history_entry(
    enrolment: Enrolment, change: Change, context: Context, different: Sequence[str] = ()
) -> EnrolmentChangeRow:
    """What is kept of a change: the enrolment is as it is after it."""
    return EnrolmentChangeRow(
        enrolment_id=enrolment.id,
        version=enrolment.version,
        status=enrolment.status,
        changed_at=context.at,
        organisation_code=context.organisation(),
        subject=context.actor.subject if context.actor else "",
        reason=change.reason,
        changed=list(different),
    )


def _not_found(enrolment_id: UUID) -> NotFound:
    return NotFound(f"there is no sign-up {enrolment_id}")

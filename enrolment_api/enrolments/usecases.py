"""Record sign-ups: load → decide → save with the events, for as many at once as there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from enrolment_api.cases.usecases import Refusal, claim_of, open_cases
from enrolment_api.domain.cover import AlreadyCovered
from enrolment_api.domain.enrolment import Enrolment, Rules, decide
from enrolment_api.domain.household import WrongMemberNumber, household_of
from enrolment_api.domain.identity import IdentityMismatch
from enrolment_api.domain.known_codes import KnownCodes
from enrolment_api.domain.sign_up import Participant
from enrolment_api.enrolments import store
from enrolment_api.enrolments.conflicts import resolve_conflicts
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.events import recorded_event
from enrolment_api.enrolments.outcomes import Numbered, Outcome, Recorded, Replayed
from enrolment_api.enrolments.store import KnownPeople
from enrolment_api.people import store as people
from enrolment_api.people.keys import PeopleKeys
from enrolment_api.people.store import Person
from services.context import Context
from services.contracts.checksums import checksum_of
from services.errors import DomainError
from services.ids import new_id
from services.messaging.outbox import emit
from services.persistence.unit_of_work import UnitOfWork

Outcomes: TypeAlias = dict[int, Outcome]
"""By the number of the request."""


@dataclass(frozen=True, slots=True)
class _Basis:
    """The data that decisions are based on."""

    context: Context
    rules: Rules
    known: KnownCodes
    keys: PeopleKeys


async def record(
    work: UnitOfWork, context: Context, requests: Sequence[EnrolmentRequest], rules: Rules, keys: PeopleKeys
) -> list[Outcome]:
    """Record the sign-ups, and answer each in its place; a bad one does not affect the others."""
    originals, duplicates = _without_duplicates(requests)
    outcomes: Outcomes = {}
    sign_ups = [request.sign_up for _, request in originals]
    known = await store.known_codes(work, sign_ups, with_above=bool(rules.rates.local_support))
    basis = _Basis(context, rules, known, keys)
    registered = [(number, _with_registered_codes(request, basis.known)) for number, request in originals]
    for each in _rounds(registered):
        outcomes |= await _record_round(work, each, basis)
    outcomes |= await _open_cases(work, registered, outcomes, basis)
    outcomes |= {number: _repeated(outcomes[original]) for number, original in duplicates.items()}
    return [outcomes[number] for number in range(len(requests))]


async def _open_cases(
    work: UnitOfWork, requests: Sequence[Numbered], outcomes: Outcomes, basis: _Basis
) -> dict[int, Refusal]:
    """The refusals of those that name another person than is known, with their references."""
    claims = {
        number: claim_of(request.sign_up, refusal.participant_id)
        for number, request in requests
        if isinstance(refusal := outcomes[number], IdentityMismatch)
    }
    most = basis.rules.mismatches_an_hour
    refusals = await open_cases(work, basis.context, list(claims.values()), most, basis.keys)
    return dict(zip(claims, refusals, strict=True))


async def _record_round(work: UnitOfWork, requests: Sequence[Numbered], basis: _Basis) -> Outcomes:
    outcomes, made, nobodys = await _decide_and_make_people(work, requests, basis)
    accepted = [(r, o.enrolment) for n, r in requests if isinstance(o := outcomes[n], Recorded)]
    events = [recorded_event(enrolment, request.correlation_id) for request, enrolment in accepted]
    checksums = {event.id: checksum_of(event.data) for event in events}
    inserted = await store.insert(work, basis.keys, accepted, checksums)
    await emit(work, [event for event in events if event.id in inserted])
    for _, enrolment in accepted:
        if enrolment.id in inserted and enrolment.participant_id in nobodys:
            await people.save(work, basis.keys, enrolment.participant_id, enrolment.sign_up.participant)
    if len(inserted) < len(requests):
        in_use = {enrolment.participant_id for _, enrolment in accepted if enrolment.id in inserted}
        await people.forget(work, [person for person in made if person.id not in in_use])
        contested = [(n, r) for n, r in requests if not _is_in(outcomes[n], inserted)]
        outcomes |= await _resolve(work, contested, outcomes, basis)
    return outcomes


async def _decide_and_make_people(
    work: UnitOfWork, requests: Sequence[Numbered], basis: _Basis
) -> tuple[Outcomes, list[Person], Collection[UUID]]:
    """What becomes of them, the participants that were made for it, and those who were nobody any more. Where somebody
    else has made some of them since they were looked for, it is decided again, knowing those: others may be accepted
    then."""
    made: list[Person] = []
    while True:
        known = await store.known_of(work, basis.keys, [request.sign_up for _, request in requests])
        outcomes = _decide(requests, known, basis)
        fresh = _fresh_people(known, outcomes)
        taken = await people.make(work, basis.keys, fresh)
        made += [person for person, _ in fresh.values() if person.id not in taken]
        if not taken:
            return outcomes, made, known.nobodys


async def _resolve(work: UnitOfWork, contested: Sequence[Numbered], outcomes: Outcomes, basis: _Basis) -> Outcomes:
    """What was sent before is replayed; what somebody else was faster with is decided again, knowing of that."""
    existing = await store.find_existing(work, basis.keys, [r for _, r in contested])
    resolved = resolve_conflicts(contested, outcomes, existing)
    if overtaken := [(number, request) for number, request in contested if number not in resolved]:
        known = await store.known_of(work, basis.keys, [request.sign_up for _, request in overtaken])
        again = _decide(overtaken, known, basis)
        resolved |= {n: AlreadyCovered() if isinstance(o, Recorded) else o for n, o in again.items()}
    return resolved


def _decide(requests: Sequence[Numbered], known: KnownPeople, basis: _Basis) -> Outcomes:
    """Members of one household in the order of their numbers: each is decided on knowing those before.

    Whoever has a wrong number is told the one that is free when all others have joined.
    """
    ids = [new_id() for _ in requests]
    in_order = sorted(enumerate(requests), key=lambda each: each[1][1].sign_up.member_no or 0)
    outcomes: Outcomes = {}
    for place, (number, request) in in_order:
        outcomes[number] = _decide_one(ids[place], place, request, known, basis)
    for place, (number, request) in in_order:
        if isinstance(outcomes[number], WrongMemberNumber):
            outcomes[number] = _decide_one(ids[place], place, request, known, basis)
    return outcomes


def _decide_one(
    enrolment_id: UUID, place: int, request: EnrolmentRequest, known: KnownPeople, basis: _Basis
) -> Outcome:
    sign_up = request.sign_up
    household = household_of(sign_up)
    covers, own_covers = known.covers.get(place, ()), known.own_covers_of_another(place, sign_up)
    members = known.members(place, household)
    supported_before = known.supported_before(place, is_another=own_covers is not None)
    try:
        decision = decide(sign_up, basis.known, covers, members, basis.rules, supported_before, own_covers)
    except IdentityMismatch as refusal:
        refusal.participant_id = known.people[place].id
        return refusal
    except DomainError as refusal:
        return refusal
    if household and decision.joins_household:
        known.join(place, household, sign_up.member_no or 1)
    placed, participant_id, at = basis.known.placed(sign_up), known.people[place].id, basis.context.at
    return Recorded(Enrolment(enrolment_id, participant_id, placed, decision, "recorded", at, request.fingerprint))


def _fresh_people(known: KnownPeople, outcomes: Outcomes) -> dict[UUID, tuple[Person, Participant]]:
    """Those who are not known yet, as the first sign-up that was accepted names them."""
    unknown = {person.id: person for person in known.people if person.sealed is None}
    fresh: dict[UUID, tuple[Person, Participant]] = {}
    for outcome in outcomes.values():
        if isinstance(outcome, Recorded) and (person := unknown.get(outcome.enrolment.participant_id)):
            fresh.setdefault(person.id, (person, outcome.enrolment.sign_up.participant))
    return fresh


def _with_registered_codes(request: EnrolmentRequest, known: KnownCodes) -> EnrolmentRequest:
    sign_up = known.with_registered_codes(request.sign_up)
    return request if sign_up is request.sign_up else replace(request, sign_up=sign_up)


def _without_duplicates(requests: Sequence[EnrolmentRequest]) -> tuple[list[Numbered], dict[int, int]]:
    """The requests without those that repeat an earlier one of the same list, and which repeats which."""
    seen: dict[tuple[str, bytes, str | None], int] = {}
    originals: list[Numbered] = []
    duplicates: dict[int, int] = {}
    for number, request in enumerate(requests):
        identity = (request.sign_up.organisation_code, request.fingerprint, request.idempotency_key)
        original = seen.setdefault(identity, number)
        if original == number:
            originals.append((number, request))
        else:
            duplicates[number] = original
    return originals, duplicates


def _rounds(requests: Iterable[Numbered]) -> list[list[Numbered]]:
    """Lists in which no person occurs twice, not even by two schemes: a later sign-up is decided on knowing what became
    of the earlier one, and whom it names. Those of one scheme are in the order of their days."""
    rounds: list[list[Numbered]] = []
    times_seen: dict[str, int] = {}
    for number, request in sorted(requests, key=lambda each: (each[1].sign_up.scheme, each[1].sign_up.signed_on)):
        who = request.sign_up.participant.personal_id
        nth = times_seen[who] = times_seen.get(who, -1) + 1
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append((number, request))
    return rounds


def _is_in(outcome: Outcome, inserted: set[UUID]) -> bool:
    return isinstance(outcome, Recorded) and outcome.enrolment.id in inserted


def _repeated(outcome: Outcome) -> Outcome:
    return Replayed(outcome.enrolment) if isinstance(outcome, Recorded) else outcome

"""Record sign-ups: load → decide → save with the events, for as many at once as there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from enrolment_api.domain.contribution import Rates
from enrolment_api.domain.enrolment import Enrolment, KnownCodes, decide
from enrolment_api.enrolments import store
from enrolment_api.enrolments.conflicts import resolve_conflicts
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.events import recorded_event
from enrolment_api.enrolments.outcomes import Numbered, Outcome, Recorded, Replayed
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
    rates: Rates
    known: KnownCodes


async def record(
    work: UnitOfWork, context: Context, requests: Sequence[EnrolmentRequest], rates: Rates
) -> list[Outcome]:
    """Record the sign-ups, and answer each in its place; a bad one does not affect the others."""
    originals, duplicates = _without_duplicates(requests)
    outcomes: Outcomes = {}
    basis = _Basis(context, rates, await store.known_codes(work, [r.sign_up for _, r in originals]))
    for each in _rounds(originals):
        outcomes |= await _record_round(work, each, basis)
    outcomes |= {number: _repeated(outcomes[original]) for number, original in duplicates.items()}
    return [outcomes[number] for number in range(len(requests))]


async def _record_round(work: UnitOfWork, requests: Sequence[Numbered], basis: _Basis) -> Outcomes:
    outcomes = await _decide(work, requests, basis)
    accepted = [(r, o.enrolment) for n, r in requests if isinstance(o := outcomes[n], Recorded)]
    events = [recorded_event(enrolment, request.correlation_id) for request, enrolment in accepted]
    inserted = await store.insert(work, accepted, {event.id: checksum_of(event.data) for event in events})
    await emit(work, [event for event in events if event.id in inserted])
    if len(inserted) < len(requests):
        contested = [(n, r) for n, r in requests if not _is_in(outcomes[n], inserted)]
        outcomes |= resolve_conflicts(contested, outcomes, await store.find_existing(work, [r for _, r in contested]))
    return outcomes


async def _decide(work: UnitOfWork, requests: Sequence[Numbered], basis: _Basis) -> Outcomes:
    covers = await store.covers_of(work, [request.sign_up for _, request in requests])
    outcomes: Outcomes = {}
    today, now = basis.context.today, basis.context.now
    for place, (number, request) in enumerate(requests):
        try:
            decision = decide(request.sign_up, basis.known, covers.get(place, ()), today=today, rates=basis.rates)
        except DomainError as refusal:
            outcomes[number] = refusal
        else:
            outcomes[number] = Recorded(Enrolment(new_id(), request.sign_up, decision, "recorded", now))
    return outcomes


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
    """Lists in which no person occurs twice: a second sign-up is decided on knowing what became of the first."""
    rounds: list[list[Numbered]] = []
    times_seen: dict[tuple[str, str], int] = {}
    for number, request in requests:
        who = (request.sign_up.participant.personal_id, request.sign_up.scheme)
        nth = times_seen[who] = times_seen.get(who, -1) + 1
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append((number, request))
    return rounds


def _is_in(outcome: Outcome, inserted: set[UUID]) -> bool:
    return isinstance(outcome, Recorded) and outcome.enrolment.id in inserted


def _repeated(outcome: Outcome) -> Outcome:
    return Replayed(outcome.enrolment) if isinstance(outcome, Recorded) else outcome

"""Record sign-ups: load → decide → save with the events, for as many at once as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from enrolment_api.domain.contribution import Rates
from enrolment_api.domain.cover import AlreadyCovered
from enrolment_api.domain.enrolment import Enrolment, ExternalRefTaken, IdempotencyKeyReused, Registry, decide
from enrolment_api.enrolments import store
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.events import recorded_event
from enrolment_api.enrolments.store import ExistingEnrolment
from services.clock import Clock
from services.contracts.checksums import checksum_of
from services.errors import DomainError
from services.messaging.outbox import emit
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Recorded:
    """The sign-up was accepted just now."""

    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same sign-up was accepted before: this is the first answer again."""

    enrolment: Enrolment


Outcome: TypeAlias = Recorded | Replayed | DomainError
_Numbered: TypeAlias = tuple[int, EnrolmentRequest]


class RecordSignUps:
    """`await record(requests)` answers each in its place; good ones do not suffer from bad ones beside them."""

    def __init__(self, database: Database, clock: Clock, rates: Rates, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._clock = clock
        self._rates = rates
        self._new_id = new_id

    async def __call__(self, requests: Sequence[EnrolmentRequest]) -> list[Outcome]:
        """One unit of work. Raises Unavailable where the database is away; then send them again."""
        originals, duplicates = _split_duplicates(requests)
        outcomes: dict[int, Outcome] = {}
        async with self._database.write() as work:
            registry = await store.load_registry(work, [s.sign_up for _, s in originals])
            for round_ in _rounds(originals):
                outcomes |= await self._record_round(work, round_, registry)
        outcomes |= {duplicate: _repeated(outcomes[original]) for duplicate, original in duplicates.items()}
        return [outcomes[number] for number in range(len(requests))]

    async def _record_round(
        self, work: UnitOfWork, round_: Sequence[_Numbered], registry: Registry
    ) -> dict[int, Outcome]:
        outcomes = await self._decide(work, round_, registry)
        accepted = [(s, o.enrolment) for n, s in round_ if isinstance(o := outcomes[n], Recorded)]
        events = [recorded_event(enrolment, request.correlation_id) for request, enrolment in accepted]
        inserted = await store.insert(work, accepted, {event.id: checksum_of(event.data) for event in events})
        await emit(work, [event for event in events if event.id in inserted])
        if len(inserted) < len(round_):
            contested = [(n, s) for n, s in round_ if not _is_in(outcomes[n], inserted)]
            outcomes |= await _resolve_conflicts(work, contested, outcomes)
        return outcomes

    async def _decide(self, work: UnitOfWork, round_: Sequence[_Numbered], registry: Registry) -> dict[int, Outcome]:
        sign_ups = [request.sign_up for _, request in round_]
        covers = await store.last_covers(work, sign_ups)
        today, now = self._clock.today(), self._clock.now()
        outcomes: dict[int, Outcome] = {}
        for place, (number, request) in enumerate(round_):
            try:
                decision = decide(request.sign_up, registry, covers.get(place), today=today, rates=self._rates)
            except DomainError as refusal:
                outcomes[number] = refusal
            else:
                outcomes[number] = Recorded(Enrolment(self._new_id(), request.sign_up, decision, "recorded", now))
        return outcomes


def _split_duplicates(requests: Sequence[EnrolmentRequest]) -> tuple[list[_Numbered], dict[int, int]]:
    """The requests without those that repeat an earlier one of the same list, and which repeats which."""
    seen: dict[tuple[str, bytes, str | None], int] = {}
    originals: list[_Numbered] = []
    duplicates: dict[int, int] = {}
    for number, request in enumerate(requests):
        identity = (request.sign_up.organisation_code, request.fingerprint, request.idempotency_key)
        original = seen.setdefault(identity, number)
        if original == number:
            originals.append((number, request))
        else:
            duplicates[number] = original
    return originals, duplicates


def _rounds(requests: Iterable[_Numbered]) -> list[list[_Numbered]]:
    """Lists in which no person occurs twice: a second sign-up is decided on knowing what became of the first."""
    rounds: list[list[_Numbered]] = []
    times_seen: dict[tuple[str, str], int] = {}
    for number, request in requests:
        who = (request.sign_up.participant.personal_id, request.sign_up.scheme)
        turn = times_seen[who] = times_seen.get(who, -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append((number, request))
    return rounds


def _is_in(outcome: Outcome, inserted: set[UUID]) -> bool:
    return isinstance(outcome, Recorded) and outcome.enrolment.id in inserted


async def _resolve_conflicts(
    work: UnitOfWork, contested: Sequence[_Numbered], outcomes: dict[int, Outcome]
) -> dict[int, Outcome]:
    """What was refused, or lost against a row that is there, may be an earlier sign-up sent again."""
    existing = await store.find_existing(work, [request for _, request in contested])
    by_ref = {(f.enrolment.sign_up.organisation_code, f.enrolment.sign_up.external_ref): f for f in existing}
    by_key = {(f.enrolment.sign_up.organisation_code, f.idempotency_key or ""): f for f in existing}
    resolved: dict[int, Outcome] = {}
    for number, request in contested:
        organisation = request.sign_up.organisation_code
        of_key = by_key.get((organisation, request.idempotency_key)) if request.idempotency_key else None
        of_ref = by_ref.get((organisation, request.sign_up.external_ref))
        resolved[number] = _resolve(request, of_key, of_ref, outcomes[number])
    return resolved


def _resolve(
    request: EnrolmentRequest, of_key: ExistingEnrolment | None, of_ref: ExistingEnrolment | None, outcome: Outcome
) -> Outcome:
    if of_key and of_key.fingerprint != request.fingerprint:
        return IdempotencyKeyReused()
    if of_ref and of_ref.fingerprint != request.fingerprint:
        return ExternalRefTaken(request.sign_up.external_ref)
    if first := of_key or of_ref:
        return Replayed(first.enrolment)
    return outcome if isinstance(outcome, DomainError) else AlreadyCovered()


def _repeated(outcome: Outcome) -> Outcome:
    return Replayed(outcome.enrolment) if isinstance(outcome, Recorded) else outcome

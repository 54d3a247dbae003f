"""Record sign-ups: load → decide → save with the events, for as many at once as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from enrolment_api.domain.contribution import Rates
from enrolment_api.domain.enrolment import Enrolment, Registry, decide
from enrolment_api.domain.refusals import AlreadyCovered, ExternalRefTaken, IdempotencyKeyReused
from enrolment_api.enrolments import store
from enrolment_api.enrolments.events import recorded_event
from enrolment_api.enrolments.store import First
from enrolment_api.enrolments.submission import Submission
from services.clock import Clock
from services.contracts.checksums import checksum_of
from services.database import Database, WriteSession
from services.kernel import DomainError
from services.messaging.outbox import emit


@dataclass(frozen=True, slots=True)
class Recorded:
    """The sign-up was accepted just now."""

    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same sign-up was accepted before: this is the first answer again."""

    enrolment: Enrolment


Outcome: TypeAlias = Recorded | Replayed | DomainError
_Numbered: TypeAlias = tuple[int, Submission]


class RecordSignUps:
    """`await record(submissions)` answers each in its place; good ones do not suffer from bad ones beside them."""

    def __init__(self, database: Database, clock: Clock, rates: Rates, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._clock = clock
        self._rates = rates
        self._new_id = new_id

    async def __call__(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One unit of work. Raises Unavailable where the database is away; then send them again."""
        originals, echoes = _tell_echoes(submissions)
        outcomes: dict[int, Outcome] = {}
        async with self._database.write() as session:
            registry = await store.load_registry(session, [s.sign_up for _, s in originals])
            for wave in _waves(originals):
                outcomes |= await self._record_wave(session, wave, registry)
        outcomes |= {echo: _repeated(outcomes[original]) for echo, original in echoes.items()}
        return [outcomes[number] for number in range(len(submissions))]

    async def _record_wave(
        self, session: WriteSession, wave: Sequence[_Numbered], registry: Registry
    ) -> dict[int, Outcome]:
        outcomes = await self._decide(session, wave, registry)
        accepted = [(s, o.enrolment) for n, s in wave if isinstance(o := outcomes[n], Recorded)]
        events = [recorded_event(enrolment, submission.correlation_id) for submission, enrolment in accepted]
        inserted = await store.insert(session, accepted, {event.id: checksum_of(event.data) for event in events})
        await emit(session, [event for event in events if event.id in inserted])
        if len(inserted) < len(wave):
            contested = [(n, s) for n, s in wave if not _is_in(outcomes[n], inserted)]
            outcomes |= await _settle(session, contested, outcomes)
        return outcomes

    async def _decide(self, session: WriteSession, wave: Sequence[_Numbered], registry: Registry) -> dict[int, Outcome]:
        sign_ups = [submission.sign_up for _, submission in wave]
        covers = await store.last_covers(session, sign_ups)
        today, now = self._clock.today(), self._clock.now()
        outcomes: dict[int, Outcome] = {}
        for place, (number, submission) in enumerate(wave):
            try:
                decision = decide(submission.sign_up, registry, covers.get(place), today=today, rates=self._rates)
            except DomainError as refusal:
                outcomes[number] = refusal
            else:
                outcomes[number] = Recorded(Enrolment(self._new_id(), submission.sign_up, decision, "recorded", now))
        return outcomes


def _tell_echoes(submissions: Sequence[Submission]) -> tuple[list[_Numbered], dict[int, int]]:
    """The submissions without those that repeat an earlier one of the same list, and which repeats which."""
    seen: dict[tuple[str, bytes, str | None], int] = {}
    originals: list[_Numbered] = []
    echoes: dict[int, int] = {}
    for number, submission in enumerate(submissions):
        identity = (submission.sign_up.organisation_code, submission.fingerprint, submission.idempotency_key)
        original = seen.setdefault(identity, number)
        if original == number:
            originals.append((number, submission))
        else:
            echoes[number] = original
    return originals, echoes


def _waves(submissions: Iterable[_Numbered]) -> list[list[_Numbered]]:
    """Lists in which no person occurs twice: a second sign-up is decided on knowing what became of the first."""
    waves: list[list[_Numbered]] = []
    times_seen: dict[tuple[str, str], int] = {}
    for number, submission in submissions:
        who = (submission.sign_up.participant.personal_id, submission.sign_up.scheme)
        turn = times_seen[who] = times_seen.get(who, -1) + 1
        if turn == len(waves):
            waves.append([])
        waves[turn].append((number, submission))
    return waves


def _is_in(outcome: Outcome, inserted: set[UUID]) -> bool:
    return isinstance(outcome, Recorded) and outcome.enrolment.id in inserted


async def _settle(
    session: WriteSession, contested: Sequence[_Numbered], outcomes: dict[int, Outcome]
) -> dict[int, Outcome]:
    """What was refused, or lost against a row that is there, may be an earlier sign-up sent again."""
    firsts = await store.find_firsts(session, [submission for _, submission in contested])
    by_ref = {(f.enrolment.sign_up.organisation_code, f.enrolment.sign_up.external_ref): f for f in firsts}
    by_key = {(f.enrolment.sign_up.organisation_code, f.idempotency_key or ""): f for f in firsts}
    settled: dict[int, Outcome] = {}
    for number, submission in contested:
        organisation = submission.sign_up.organisation_code
        of_key = by_key.get((organisation, submission.idempotency_key)) if submission.idempotency_key else None
        of_ref = by_ref.get((organisation, submission.sign_up.external_ref))
        settled[number] = _verdict(submission, of_key, of_ref, outcomes[number])
    return settled


def _verdict(submission: Submission, of_key: First | None, of_ref: First | None, outcome: Outcome) -> Outcome:
    if of_key and of_key.fingerprint != submission.fingerprint:
        return IdempotencyKeyReused()
    if of_ref and of_ref.fingerprint != submission.fingerprint:
        return ExternalRefTaken(submission.sign_up.external_ref)
    if first := of_key or of_ref:
        return Replayed(first.enrolment)
    return outcome if isinstance(outcome, DomainError) else AlreadyCovered()


def _repeated(outcome: Outcome) -> Outcome:
    return Replayed(outcome.enrolment) if isinstance(outcome, Recorded) else outcome

"""Sign-ups that were refused, or conflict with a row that is there: each may be an earlier one sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrolment_api.domain.enrolment import ExternalRefTaken, IdempotencyKeyReused
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.outcomes import Numbered, Outcome, Replayed
from enrolment_api.enrolments.store import ExistingEnrolment
from services.errors import DomainError


def resolve_conflicts(
    contested: Sequence[Numbered], outcomes: Mapping[int, Outcome], existing: Sequence[ExistingEnrolment]
) -> dict[int, Outcome]:
    """The outcome of each that was refused or sent before; `existing` is what references and keys already stand for.

    One that was accepted and is not there has another cover or member in its way, and is left out.
    """
    by_ref = {(e.enrolment.sign_up.organisation_code, e.enrolment.sign_up.external_ref): e for e in existing}
    by_key = {(e.enrolment.sign_up.organisation_code, e.idempotency_key): e for e in existing if e.idempotency_key}
    resolved: dict[int, Outcome] = {}
    for number, request in contested:
        organisation = request.sign_up.organisation_code
        of_key = by_key.get((organisation, request.idempotency_key or ""))
        of_ref = by_ref.get((organisation, request.sign_up.external_ref))
        if outcome := _resolve(request, of_key, of_ref, outcomes[number]):
            resolved[number] = outcome
    return resolved


def _resolve(
    request: EnrolmentRequest, of_key: ExistingEnrolment | None, of_ref: ExistingEnrolment | None, outcome: Outcome
) -> Outcome | None:
    if of_key and of_key.enrolment.fingerprint != request.fingerprint:
        return IdempotencyKeyReused()
    if of_ref and of_ref.enrolment.fingerprint != request.fingerprint:
        return ExternalRefTaken(request.sign_up.external_ref)
    if first := of_key or of_ref:
        return Replayed(first.enrolment)
    return outcome if isinstance(outcome, DomainError) else None

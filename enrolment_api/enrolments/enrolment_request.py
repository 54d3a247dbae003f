"""A sign-up on its way in."""

from __future__ import annotations

from dataclasses import dataclass

from enrolment_api.domain.sign_up import SignUp


@dataclass(slots=True)
class EnrolmentRequest:
    """A sign-up as it came in: `fingerprint` tells whether two are the same, `correlation_id` is the request's."""

    sign_up: SignUp
    fingerprint: bytes
    idempotency_key: str | None
    correlation_id: str

"""A sign-up that is asked to be recorded."""

from __future__ import annotations

from dataclasses import dataclass

from enrolment_api.domain.sign_up import SignUp


@dataclass(slots=True)
class EnrolmentRequest:
    """`fingerprint` is equal for two sign-ups with the same content; `correlation_id` is that of the HTTP request."""

    sign_up: SignUp
    fingerprint: bytes
    idempotency_key: str | None
    correlation_id: str

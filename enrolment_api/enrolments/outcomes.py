"""What becomes of a sign-up that was asked to be recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from enrolment_api.domain.enrolment import Enrolment
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from services.errors import DomainError


@dataclass(frozen=True, slots=True)
class Recorded:
    """The sign-up was accepted just now."""

    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same sign-up was accepted before: this is the first answer again."""

    enrolment: Enrolment


Outcome: TypeAlias = Recorded | Replayed | DomainError
Numbered: TypeAlias = tuple[int, EnrolmentRequest]

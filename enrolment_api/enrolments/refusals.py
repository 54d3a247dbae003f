"""Why a sign-up may be refused, for the document."""

from typing import Final

from enrolment_api.domain.cover import AlreadyCovered
from enrolment_api.domain.enrolment import (
    ExternalRefTaken,
    IdempotencyKeyReused,
    NotOfAge,
    SignedInFuture,
    WrongAmount,
)
from enrolment_api.domain.household import WrongMemberNumber
from enrolment_api.domain.identity import IdentityMismatch, TooManyMismatches
from enrolment_api.domain.known_codes import CollectorOfAnotherOrganisation, UnitTooLarge, UnknownCollector
from enrolment_api.domain.rates import NoRatesYet
from enrolment_api.domain.registry import UnknownUnit
from enrolment_api.domain.succession import UnitEnded, UnitNotYetValid
from enrolment_api.domain.terms import IncomeOutOfRange, UnknownSupportGroup, UnsupportedMonths
from services.errors import DomainError

REFUSALS: Final[tuple[type[DomainError], ...]] = (
    AlreadyCovered,
    IdentityMismatch,
    TooManyMismatches,
    ExternalRefTaken,
    IdempotencyKeyReused,
    WrongMemberNumber,
    WrongAmount,
    UnsupportedMonths,
    IncomeOutOfRange,
    UnknownSupportGroup,
    NotOfAge,
    SignedInFuture,
    NoRatesYet,
    UnknownUnit,
    UnitEnded,
    UnitNotYetValid,
    UnitTooLarge,
    UnknownCollector,
    CollectorOfAnotherOrganisation,
)

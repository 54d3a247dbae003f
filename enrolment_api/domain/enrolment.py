"""The decision on a sign-up: is it new or a renewal, from when to when does it cover, and is it allowed at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from enrolment_api.domain.contribution import Contribution, Rates, health_contribution, voluntary_contribution
from enrolment_api.domain.cover import cover
from enrolment_api.domain.registry import UnknownUnit
from enrolment_api.domain.sign_up import SignUp
from services.calendar import add_months
from services.errors import Conflict, FieldError, Invalid
from services.vocabulary import Kind, Vnd

Status: TypeAlias = Literal["recorded", "cancelled"]


class SignedInFuture(Invalid):
    """The sign-up is signed after the day on which it is sent."""

    code = "signed-in-future"
    title = "The sign-up is dated in the future"
    remedy = "Check `signed_on`, and your clock: today is that of Vietnam."

    def __init__(self, today: date) -> None:
        remedy = f"signed_on may be {today} (today in Vietnam) at the latest"
        super().__init__(remedy, (FieldError("/signed_on", remedy),))


class NotOfAge(Invalid):
    """Voluntary social insurance is for those who are 15 or older (Law 41/2024 Art. 2)."""

    code = "not-of-age"
    title = "The participant's age does not allow this scheme"
    remedy = "Check `born_on`."

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy, (FieldError("/participant/born_on", remedy),))


class UnitTooLarge(Invalid):
    """Sign-ups are counted for communes and villages."""

    code = "unit-too-large"
    title = "The unit is neither a commune nor a village"
    remedy = "Give the commune or village where the person lives."

    def __init__(self, unit_code: str, level: str) -> None:
        remedy = f"{unit_code} is of level {level}: give the commune or the village of the participant"
        super().__init__(remedy, (FieldError("/unit_code", remedy),))


class UnknownCollector(Invalid):
    """No such collector is registered."""

    code = "unknown-collector"
    title = "The collector is not registered"
    remedy = "Check the code, or have the agency register the collector."

    def __init__(self, collector_code: str) -> None:
        remedy = f"no collector {collector_code} is registered: check the code, or have the collector registered first"
        super().__init__(remedy, (FieldError("/collector_code", remedy),))


class CollectorOfAnotherOrganisation(Invalid):
    """An organisation may send the sign-ups of its own collectors only."""

    code = "collector-of-another-organisation"
    title = "The collector belongs to another organisation"
    remedy = "Send only your own collectors' sign-ups; have the agency move a collector who changed."

    def __init__(self, collector_code: str, organisation_code: str) -> None:
        remedy = f"{collector_code} is not a collector of {organisation_code}, which the token was issued to"
        super().__init__(remedy, (FieldError("/collector_code", remedy),))


class WrongAmount(Invalid):
    """The amount paid differs from the amount payable by law."""

    code = "wrong-amount"
    title = "The amount paid is not the amount payable"
    remedy = "Compare months, group, member number and income with what was paid; `detail` names the amount payable."

    def __init__(self, paid: Vnd, payable: Vnd) -> None:
        remedy = f"{payable} VND are payable for this sign-up, not {paid}"
        super().__init__(remedy, (FieldError("/amount_paid", remedy),))


class ExternalRefTaken(Conflict):
    """The organisation has used this reference for another sign-up."""

    code = "external-ref-taken"
    title = "The external reference stands for another sign-up"
    remedy = (
        "If this is another sign-up, give it a reference of its own. If it is the same one, send what you sent first."
    )

    def __init__(self, external_ref: str) -> None:
        remedy = f"{external_ref} stands for a sign-up with other content: give each sign-up a reference of its own"
        super().__init__(remedy, (FieldError("/external_ref", remedy),))


class IdempotencyKeyReused(Invalid):
    """The key was used before, with another body (draft-ietf-httpapi-idempotency-key-header, section 2.7)."""

    code = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"
    remedy = "If this is another request, give it a key of its own. If it is the same one, send what you sent first."

    def __init__(self) -> None:
        remedy = "this key was used before with another body: send a new key with a new sign-up"
        super().__init__(remedy, (FieldError("/header/Idempotency-Key", remedy),))


VOLUNTARY_AGE = 15


@dataclass(slots=True)
class Decision:
    """What an accepted sign-up amounts to. The cover includes both days."""

    kind: Kind
    covered_from: date
    covered_to: date
    contribution: Contribution


@dataclass(slots=True)
class Enrolment:
    """A sign-up that was accepted: `status` is recorded, or cancelled since."""

    id: UUID
    sign_up: SignUp
    decision: Decision
    status: Status
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class KnownCodes:
    """What a decision needs to know of the registry: the level of each unit, the organisation of each collector."""

    unit_levels: Mapping[str, str]
    collector_organisations: Mapping[str, str]


def decide(sign_up: SignUp, known: KnownCodes, last_covered_to: date | None, *, today: date, rates: Rates) -> Decision:
    """What the sign-up amounts to; raises its refusal where it cannot be accepted.

    `last_covered_to` is the last day of the person's latest cover by the same scheme, None if they never had any.
    """
    if sign_up.signed_on > today:
        raise SignedInFuture(today)
    _check_codes(sign_up, known)
    _check_age(sign_up)
    contribution = contribution_of(sign_up, rates)
    if sign_up.amount_paid != contribution.payable:
        raise WrongAmount(sign_up.amount_paid, contribution.payable)
    kind, covered_from, covered_to = cover(sign_up.scheme, sign_up.signed_on, sign_up.months, last_covered_to)
    return Decision(kind, covered_from, covered_to, contribution)


def contribution_of(sign_up: SignUp, rates: Rates) -> Contribution:
    """What the sign-up costs. Raises UnsupportedMonths, IncomeOutOfRange, NoRatesYet."""
    on, months, group = sign_up.signed_on, sign_up.months, sign_up.support_group
    if sign_up.scheme == "household_health":
        return health_contribution(rates.health, on, months, sign_up.member_no or 1, group)
    return voluntary_contribution(rates.voluntary, on, months, sign_up.monthly_income or 0, group)


def _check_codes(sign_up: SignUp, known: KnownCodes) -> None:
    level = known.unit_levels.get(sign_up.unit_code)
    if level is None:
        raise UnknownUnit(sign_up.unit_code)
    if level not in {"commune", "village"}:
        raise UnitTooLarge(sign_up.unit_code, level)
    organisation = known.collector_organisations.get(sign_up.collector_code)
    if organisation is None:
        raise UnknownCollector(sign_up.collector_code)
    if organisation != sign_up.organisation_code:
        raise CollectorOfAnotherOrganisation(sign_up.collector_code, sign_up.organisation_code)


def _check_age(sign_up: SignUp) -> None:
    born_on = sign_up.participant.born_on
    if born_on > sign_up.signed_on:
        raise NotOfAge("the participant is born after the day of signing: check born_on and signed_on")
    if sign_up.scheme == "voluntary_social" and add_months(born_on, 12 * VOLUNTARY_AGE) > sign_up.signed_on:
        raise NotOfAge(f"voluntary social insurance is for those who are {VOLUNTARY_AGE} or older")

"""The decision on a sign-up: is it new or a renewal, from when to when does it cover, and is it allowed at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from enrolment_api.domain.contribution import Assessment, Contribution, assess
from enrolment_api.domain.cover import Cover, cover
from enrolment_api.domain.household import HouseholdPolicy, Members, Membership, check_number, household_of
from enrolment_api.domain.identity import IdentityMismatch
from enrolment_api.domain.known_codes import KnownCodes, check_codes
from enrolment_api.domain.rates import Rates
from enrolment_api.domain.sign_up import SignUp
from enrolment_api.domain.terms import Terms
from services.calendar import add_months
from services.errors import Conflict, FieldError, Invalid
from services.vocabulary import Kind, Vnd

Status: TypeAlias = Literal["recorded", "submitted", "accepted", "returned", "cancelled"]
AmountPolicy: TypeAlias = Literal["refuse", "warn"]
"""What becomes of a sign-up whose amount paid is not what is payable."""


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


class WrongAmount(Invalid):
    """The amount paid differs from the amount payable by law."""

    code = "wrong-amount"
    title = "The amount paid is not the amount payable"
    remedy = "Compare months, group, member number and income with what was paid; `detail` names the amount payable."

    def __init__(self, paid: Vnd, payable: Vnd, how: str) -> None:
        remedy = f"{amount_differs(paid, payable)}: {how}"
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
    """What an accepted sign-up amounts to. The cover includes both days.

    `joins_household`: the person is a new member, under the number of the sign-up. `expected_member_no` is there where
    another number was expected, and the sign-up was accepted with a warning. `ended_unit_code` is the unit that was
    sent, where another had taken its place on the day of the signing.
    """

    kind: Kind
    covered_from: date
    covered_to: date
    contribution: Contribution
    joins_household: bool = False
    expected_member_no: int | None = None
    ended_unit_code: str | None = None


@dataclass(slots=True)
class Enrolment:
    """A sign-up that was recorded, and what became of it: see `domain.life`.

    `participant_id` is the person, whom other sign-ups may be of, too; `fingerprint` is that of what was sent first, by
    which it is known when it is sent again.

    `version` grows with each change; `facts_version` is the one since which it counts as it does.
    """

    id: UUID
    participant_id: UUID
    sign_up: SignUp
    decision: Decision
    status: Status
    recorded_at: datetime
    fingerprint: bytes
    version: int = 1
    facts_version: int = 1

    def membership(self) -> Membership | None:
        """The place in a household that it gives the participant; None where it gives none."""
        household, number = household_of(self.sign_up), self.sign_up.member_no
        if household is None or number is None or not self.decision.joins_household or self.status == "cancelled":
            return None
        return Membership(household, number, self.participant_id)


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions are made by, besides what is known of the person."""

    today: date
    rates: Rates
    household_policy: HouseholdPolicy = "refuse"
    amount_policy: AmountPolicy = "refuse"
    mismatches_an_hour: int = 20
    """How many cases of identity an organisation may open within the hour."""


def decide(
    sign_up: SignUp,
    known: KnownCodes,
    covers: Iterable[Cover],
    members: Members,
    rules: Rules,
    supported_before: int = 0,
    own_covers: Iterable[Cover] | None = None,
) -> Decision:
    """What the sign-up amounts to; raises its refusal where it cannot be accepted.

    `covers` is what the person has of the same scheme, but for what ended LOOK_BACK_DAYS before the signing; `members`
    are those of the household in the fiscal year; `supported_before` is for how many months the state has supported the
    person in voluntary insurance. It is decided on as `known.placed` has it.

    `own_covers` are there where the personal ID is known for another person than the sign-up names: those of `covers`
    that the organisation has signed up itself, which are all that it is told of.
    """
    sent = sign_up
    if sign_up.signed_on > rules.today:
        raise SignedInFuture(rules.today)
    sign_up = known.placed(sign_up)
    check_codes(sign_up, known)
    units = known.units_above.get((sign_up.unit_code, sign_up.signed_on), ())
    assessment = assess(terms_of(sign_up, units, supported_before), rules.rates)
    _check_age(sign_up)
    expected_member_no = check_number(sign_up, members, rules.household_policy)
    ended_unit = None if sign_up.unit_code == sent.unit_code else sent.unit_code
    _check_amount(sign_up, assessment, rules.amount_policy, ended_unit)
    months = months_covered(sign_up)
    if own_covers is not None:  # after all else: what is wrong in any case tells nothing of the person
        cover(sign_up.scheme, sign_up.signed_on, months, own_covers)
        raise IdentityMismatch
    kind, covered = cover(sign_up.scheme, sign_up.signed_on, months, covers)
    joins = sign_up.member_no is not None and expected_member_no is None and sign_up.member_no not in members.joined
    special = (joins, expected_member_no, ended_unit)
    return Decision(kind, covered.first, covered.last, assessment.contribution, *special)


def terms_of(sign_up: SignUp, units: tuple[str, ...], supported_before: int) -> Terms:
    """What decides on the contribution of the sign-up."""
    return Terms(
        scheme=sign_up.scheme,
        on=sign_up.signed_on,
        months=sign_up.months,
        support_group=sign_up.support_group,
        member_no=sign_up.member_no or 1,
        monthly_income=sign_up.monthly_income or 0,
        payment=sign_up.payment or "regular",
        units=units,
        supported_before=supported_before,
    )


def months_covered(sign_up: SignUp) -> int:
    """Missing time lies in the past: who pays for it is covered in the month in which they pay, and draws a pension
    from the next one on (Law 41/2024 Art. 98; unconfirmed)."""
    return 1 if sign_up.payment == "missing" else sign_up.months


def amount_differs(paid: Vnd, payable: Vnd) -> str:
    """What is said of an amount that is not what is payable."""
    return f"{payable} VND are payable for this sign-up, not {paid}"


def unit_replaced(ended: str, successor: str) -> str:
    """What is said of a sign-up whose unit had ended on its day."""
    return f"{ended} had ended: recorded for {successor}, its successor"


def _check_amount(sign_up: SignUp, assessment: Assessment, policy: AmountPolicy, ended_unit: str | None) -> None:
    """The amount of a sign-up that is placed; the support of a unit that had ended may be what differs."""
    paid, payable, how = sign_up.amount_paid, assessment.contribution.payable, assessment.explained()
    if paid != payable and policy == "refuse":
        raise WrongAmount(
            paid, payable, f"{how}; {unit_replaced(ended_unit, sign_up.unit_code)}" if ended_unit else how
        )


def _check_age(sign_up: SignUp) -> None:
    born_on = sign_up.participant.born_on
    if born_on > sign_up.signed_on:
        raise NotOfAge("the participant is born after the day of signing: check born_on and signed_on")
    if sign_up.scheme == "voluntary_social" and add_months(born_on, 12 * VOLUNTARY_AGE) > sign_up.signed_on:
        raise NotOfAge(f"voluntary social insurance is for those who are {VOLUNTARY_AGE} or older")

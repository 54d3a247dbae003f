"""The order in which the members of a household join, which decides what each of them pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from enrolment_api.domain.sign_up import SignUp
from services.errors import FieldError, Invalid

HouseholdPolicy: TypeAlias = Literal["refuse", "warn"]
"""What becomes of a sign-up whose member number does not fit what is known of its household."""


@dataclass(frozen=True, slots=True)
class Members:
    """Of a household in a fiscal year: `person` is the participant who is signed up, `joined` are the participants who
    joined, by member number; `held` is the number that the sign-up had until it is corrected, which is not in `joined`.
    """

    person: UUID
    joined: Mapping[int, UUID] = field(default_factory=dict)
    held: int | None = None

    def expected_number(self) -> int:
        """That of the person where they have joined already, else the lowest that nobody has."""
        for number, member in self.joined.items():
            if member == self.person:
                return number
        return next(number for number in range(1, len(self.joined) + 2) if number not in self.joined)

    def fits(self, number: int | None) -> bool:
        """Whether it is the one expected. A sign-up that is corrected may keep its number, too, where a member before
        it has left: what the others pay stays as it is."""
        if number is not None and number == self.held and self.person not in self.joined.values():
            return number not in self.joined
        return number == self.expected_number()


class WrongMemberNumber(Invalid):
    """The member number does not fit what is known of the household."""

    code = "wrong-member-number"
    title = "The member number does not fit the household"
    remedy = "Send the number that `detail` names: members of a household join one after the other."

    def __init__(self, expected: int, year: int) -> None:
        super().__init__(remedy(expected, year), (FieldError("/household/member_no", remedy(expected, year)),))


class HouseholdKey(NamedTuple):
    """A household in a fiscal year, which is the calendar year; each organisation has codes of its own."""

    organisation_code: str
    household_code: str
    year: int


class Membership(NamedTuple):
    """A participant as a member of a household, under a number that nobody else has there."""

    household: HouseholdKey
    number: int
    participant_id: UUID


def left_by(before: Membership | None, after: Membership | None) -> Membership | None:
    """The place that a changed sign-up no longer takes; None where it took none, or still does."""
    if before and after and (before.household, before.number) == (after.household, after.number):
        return None
    return before


def household_of(sign_up: SignUp) -> HouseholdKey | None:
    """The household that a sign-up names."""
    if sign_up.household_code is None:
        return None
    return HouseholdKey(sign_up.organisation_code, sign_up.household_code, sign_up.signed_on.year)


def check_number(sign_up: SignUp, members: Members, policy: HouseholdPolicy) -> int | None:
    """The number that was expected, where it is another one and the policy is to warn; None where it fits.

    Raises WrongMemberNumber where the policy is to refuse.
    """
    if sign_up.household_code is None:
        return None
    if members.fits(sign_up.member_no):
        return None
    expected = members.expected_number()
    if policy == "refuse":
        raise WrongMemberNumber(expected, sign_up.signed_on.year)
    return expected


def remedy(expected: int, year: int) -> str:
    """What to send instead."""
    return (
        f"number {expected} is expected for this person, by the members of the household that joined in {year};"
        " where a member before them was refused, send that one again first"
    )

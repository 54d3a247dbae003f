"""What a sign-up amounts to: kind, cover, and why it may be refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st

from enrolment_api.contributions.rates import load_rates
from enrolment_api.domain.contribution import Contribution
from enrolment_api.domain.enrolment import (
    Decision,
    NotOfAge,
    Rules,
    SignedInFuture,
    WrongAmount,
    decide,
)
from enrolment_api.domain.household import HouseholdPolicy, Members, WrongMemberNumber
from enrolment_api.domain.known_codes import CollectorOfAnotherOrganisation, UnitTooLarge, UnknownCollector
from enrolment_api.domain.registry import UnknownUnit
from services.errors import DomainError
from tests.enrolment_api.builders import REGISTRY, a_health_sign_up, a_person, a_voluntary_sign_up

RATES = load_rates()
TODAY = date(2025, 10, 25)
SCHEMES = st.sampled_from(["household_health", "voluntary_social"])


THEY, FIRST, SECOND = UUID(int=1), UUID(int=2), UUID(int=3)
"""Participants: whom the sign-up is of, and others."""


def decided(sign_up: Any, joined: Mapping[int, UUID] | None = None, policy: HouseholdPolicy = "refuse") -> Decision:
    return decide(sign_up, REGISTRY, (), Members(THEY, joined or {}), Rules(TODAY, RATES, policy))


def test_first_health_cover_begins_after_thirty_days() -> None:
    assert decided(a_health_sign_up()) == Decision(
        "new", date(2025, 11, 24), date(2026, 11, 23), Contribution(1_263_600, 0, 0, 1_263_600), joins_household=True
    )


def test_first_voluntary_cover_begins_with_the_month() -> None:
    decision = decided(a_voluntary_sign_up())
    assert (decision.kind, decision.covered_from, decision.covered_to) == ("new", date(2025, 10, 1), date(2025, 10, 31))


@pytest.mark.parametrize(
    ("changes", "refusal", "pointer"),
    [
        ({"unit_code": "99999"}, UnknownUnit, "/unit_code"),
        ({"unit_code": "38"}, UnitTooLarge, "/unit_code"),
        ({"unit_code": "BHXH-CT"}, UnitTooLarge, "/unit_code"),
        ({"collector_code": "XX"}, UnknownCollector, "/collector_code"),
        ({"collector_code": "NL-01"}, CollectorOfAnotherOrganisation, "/collector_code"),
        ({"amount_paid": 1_263_601}, WrongAmount, "/amount_paid"),
        ({"signed_on": TODAY + timedelta(days=1)}, SignedInFuture, "/signed_on"),
        ({"participant": a_person(born_on=date(2025, 10, 26))}, NotOfAge, "/participant/born_on"),
    ],
)
def test_refusal_names_the_field(changes: dict[str, Any], refusal: type[DomainError], pointer: str) -> None:
    with pytest.raises(refusal) as raised:
        decided(a_health_sign_up(**changes))
    assert [error.pointer for error in raised.value.errors] == [pointer]


def test_wrong_amount_is_refused_with_the_expected_one() -> None:
    with pytest.raises(WrongAmount, match="1263600 VND are payable"):
        decided(a_health_sign_up(amount_paid=1))


@pytest.mark.parametrize(("born_on", "is_taken"), [(date(2010, 10, 25), True), (date(2010, 10, 26), False)])
def test_voluntary_insurance_is_for_those_of_fifteen(born_on: date, is_taken: bool) -> None:
    sign_up = a_voluntary_sign_up(participant=a_person(born_on=born_on))
    if is_taken:
        assert decided(sign_up).kind == "new"
    else:
        with pytest.raises(NotOfAge, match="15 or older"):
            decided(sign_up)


def test_village_takes_sign_ups_too() -> None:
    assert decided(a_health_sign_up(unit_code="15142-01")).kind == "new"


MEMBERS = {1: THEY, 2: SECOND}


@pytest.mark.parametrize(
    ("joined", "number", "expected"),
    [
        ({}, 5, 1),
        ({}, 2, 1),
        ({1: FIRST}, 1, 2),
        ({1: FIRST}, 3, 2),
        ({1: FIRST, 3: SECOND}, 4, 2),
        (MEMBERS, 3, 1),
    ],
)
def test_a_number_that_does_not_fit_the_household_is_refused_with_the_one_expected(
    joined: Mapping[int, UUID], number: int, expected: int
) -> None:
    with pytest.raises(WrongMemberNumber, match=f"number {expected} is expected") as refused:
        decided(a_health_sign_up(member_no=number), joined)
    assert [error.pointer for error in refused.value.errors] == ["/household/member_no"]


def test_a_policy_may_make_it_a_warning() -> None:
    decision = decided(a_health_sign_up(member_no=2, amount_paid=884_520), {}, "warn")
    assert (decision.joins_household, decision.expected_member_no) == (False, 1)


def test_a_member_keeps_the_number_when_they_sign_up_again_in_the_year() -> None:
    decision = decided(a_health_sign_up(member_no=1), MEMBERS)
    assert (decision.joins_household, decision.expected_member_no) == (False, None)
    third = a_health_sign_up(member_no=3, amount_paid=758_160)
    assert decided(third, {1: FIRST, 2: SECOND}).joins_household

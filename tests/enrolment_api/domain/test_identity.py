"""Who is meant by a sign-up; how many cases may be opened; what becomes of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.identity import (
    LIMITED_OVER,
    Case,
    CaseIsDecided,
    CaseStatus,
    Claim,
    IdentityMismatch,
    TooManyMismatches,
    Verdict,
    agrees,
    folded_name,
    is_unusual,
    names_other_person,
    same_claim,
    seconds_until_next,
)
from services.errors import StaleVersion
from services.ids import new_id
from tests.enrolment_api.builders import a_person

NOW = datetime(2025, 10, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "name",
    [
        "NGUYỄN VĂN AN",
        "nguyen van an",
        "Nguyê\u0303n Va\u0306n An",
        "Nguyễn  Văn\u00a0An",
        "NguyễnVăn An",
        "Nguyễn-Văn An.",
    ],
)
def test_a_name_is_the_same_whatever_its_case_accents_and_blanks(name: str) -> None:
    assert agrees(a_person(full_name="Nguyễn Văn An"), a_person(full_name=name))


def test_letters_with_a_stroke_are_folded_as_people_type_them() -> None:
    assert folded_name("Đặng Thị Đào") == folded_name("dang thi dao") == "dangthidao"


@pytest.mark.parametrize(
    "other",
    [
        {"full_name": "Nguyễn Văn Anh"},
        {"full_name": "Văn Nguyễn An"},
        {"born_on": date(1980, 2, 4)},
        {"sex": "female"},
    ],
)
def test_another_name_birthday_or_sex_is_another_person(other: dict[str, Any]) -> None:
    assert not agrees(a_person(), a_person(**other))
    assert names_other_person(a_person(), a_person(**other))
    assert not same_claim(a_person(), a_person(**other))


def test_phone_and_insurance_code_do_not_say_who_is_meant() -> None:
    other = a_person(phone=None, social_insurance_code=None)
    assert agrees(a_person(), other)
    assert not names_other_person(a_person(), other)


def test_another_personal_id_is_another_person_and_another_claim() -> None:
    other = a_person(personal_id="038080012346")
    assert names_other_person(a_person(), other)
    assert not same_claim(a_person(), other)


@given(st.text(), st.text())
def test_whether_two_agree_does_not_depend_on_their_order(one: str, other: str) -> None:
    left, right = a_person(full_name=one), a_person(full_name=other)
    assert agrees(left, left)
    assert agrees(left, right) == agrees(right, left)


def test_so_many_cases_may_be_opened_within_the_hour_and_then_one_waits() -> None:
    opened = [NOW - timedelta(minutes=minutes) for minutes in (50, 10, 30)]
    assert seconds_until_next(opened, NOW, most=4) is None
    assert seconds_until_next(opened, NOW, most=3) == 600
    assert seconds_until_next(opened, NOW, most=2) == 1800


@given(st.lists(st.integers(0, 7200), max_size=30), st.integers(1, 10))
def test_after_that_time_another_case_may_be_opened_and_not_before(seconds_ago: list[int], most: int) -> None:
    opened = [NOW - timedelta(seconds=ago) for ago in seconds_ago]
    wait = seconds_until_next(opened, NOW, most)
    within = sum(at > NOW - LIMITED_OVER for at in opened)
    assert (wait is None) == (within < most)
    if wait is not None:
        assert 1 <= wait <= LIMITED_OVER.total_seconds()
        assert seconds_until_next(opened, NOW + timedelta(seconds=wait), most) is None
        assert wait == 1 or seconds_until_next(opened, NOW + timedelta(seconds=wait - 1), most) == 1


def a_case(**changes: Any) -> Case:
    """An open one."""
    return replace(Case(new_id(), Claim(new_id(), "NL", "NL-01", "NL-1", a_person()), NOW), **changes)


def test_a_case_is_decided_on_the_version_that_was_seen() -> None:
    accepted, rejected = a_case().decided("accept", 1), a_case().decided("return", 1)
    assert (accepted.status, accepted.version) == ("accepted", 2)
    assert (rejected.status, rejected.version) == ("rejected", 2)
    with pytest.raises(StaleVersion):
        a_case().decided("accept", 2)


def test_a_decision_stands_but_for_a_rejection_that_was_an_error() -> None:
    assert a_case(status="rejected").decided("accept", 1).status == "accepted"
    decided: list[tuple[CaseStatus, Verdict]] = [
        ("rejected", "return"),
        ("accepted", "accept"),
        ("accepted", "return"),
    ]
    for status, verdict in decided:
        with pytest.raises(CaseIsDecided, match=status):
            a_case(status=status).decided(verdict, 1)


def test_a_claim_that_is_sent_again_is_the_same_case_until_it_is_accepted() -> None:
    case = a_case()
    again = replace(case.claim, external_ref="NL-2", collector_code="NL-02", person=a_person(phone=None))
    assert case.stands_for(again)
    assert replace(case, status="rejected").stands_for(again)
    assert not replace(case, status="accepted").stands_for(again)
    others: list[dict[str, Any]] = [
        {"organisation_code": "CT"},
        {"participant_id": new_id()},
        {"person": a_person(sex="female")},
    ]
    for other in others:
        assert not case.stands_for(replace(again, **other))


@pytest.mark.parametrize(
    ("cases", "sign_ups", "others", "of_sign_ups", "unusual"),
    [
        (5, 5, 3, 997, True),
        (2, 2, 0, 1000, False),
        (3, 900, 3, 997, False),
        (12, 1000, 10, 990, False),
        (30, 1000, 10, 990, True),
        (3, 0, 0, 0, True),
    ],
)
def test_many_more_cases_than_others_have_are_unusual(
    cases: int, sign_ups: int, others: int, of_sign_ups: int, *, unusual: bool
) -> None:
    assert is_unusual(cases, sign_ups, others, of_sign_ups) is unusual


def test_a_refusal_names_the_case_and_nothing_of_the_person() -> None:
    case_id = new_id()
    refusal = IdentityMismatch.of(case_id)
    assert str(case_id) in refusal.detail
    assert (refusal.errors, refusal.case_id) == ((), case_id)
    assert TooManyMismatches(90).retry_after == 90

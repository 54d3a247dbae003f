"""The life of an enrolment: which change is possible in which status."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.contribution import Contribution
from enrolment_api.domain.enrolment import Decision, Enrolment, Status
from enrolment_api.domain.life import (
    Change,
    EnrolmentIsCancelled,
    NothingToCorrect,
    Step,
    WrongStatus,
    changed,
    corrected,
    differences,
)
from services.errors import DomainError, Invalid, StaleVersion
from services.ids import FIRST_ID
from tests.enrolment_api.builders import a_health_sign_up, a_voluntary_sign_up

STATUSES = get_args(Status)
STEPS = get_args(Step)
POSSIBLE = {
    ("recorded", "submission"): "submitted",
    ("recorded", "correction"): "recorded",
    ("recorded", "cancellation"): "cancelled",
    ("submitted", "acceptance"): "accepted",
    ("submitted", "return"): "returned",
    ("submitted", "correction"): "recorded",
    ("submitted", "cancellation"): "cancelled",
    ("accepted", "correction"): "recorded",
    ("accepted", "cancellation"): "cancelled",
    ("returned", "submission"): "submitted",
    ("returned", "correction"): "recorded",
    ("returned", "cancellation"): "cancelled",
}


def an_enrolment(status: Status = "recorded", version: int = 1) -> Enrolment:
    decision = Decision("new", date(2025, 11, 24), date(2026, 11, 23), Contribution(1263600, 0, 0, 1263600))
    at = datetime(2025, 10, 25, tzinfo=UTC)
    return Enrolment(FIRST_ID, FIRST_ID, a_health_sign_up(), decision, status, at, b"sent", version)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_step_from_every_status_is_possible_or_refused_as_the_table_says(status: Status, step: Step) -> None:
    if expected := POSSIBLE.get((status, step)):
        assert changed(an_enrolment(status), Change(step, 1)).status == expected
    else:
        refusal = EnrolmentIsCancelled if status == "cancelled" else WrongStatus
        with pytest.raises(refusal):
            changed(an_enrolment(status), Change(step, 1))


@given(st.lists(st.sampled_from(STEPS), max_size=20))
def test_versions_grow_by_one_and_facts_change_with_corrections_and_cancellations_alone(steps: list[Step]) -> None:
    enrolment = an_enrolment()
    for step in steps:
        try:
            after = changed(enrolment, Change(step, enrolment.version))
        except DomainError:
            continue
        assert after.version == enrolment.version + 1
        expected = after.version if step in ("correction", "cancellation") else enrolment.facts_version
        assert after.facts_version == expected
        enrolment = after


def test_whoever_has_seen_another_version_is_refused() -> None:
    with pytest.raises(StaleVersion, match="at version 3, not 2"):
        changed(an_enrolment(version=3), Change("submission", 2))


def test_a_correction_changes_what_it_names_and_nothing_else() -> None:
    before = a_health_sign_up()
    after = corrected(before, {"unit_code": "15142-01", "participant": {"phone": None}})
    assert differences(before, after) == ["unit_code", "participant.phone"]
    assert replace(after, unit_code=before.unit_code, participant=before.participant) == before


def test_a_correction_that_changes_nothing_is_refused() -> None:
    with pytest.raises(NothingToCorrect):
        corrected(a_health_sign_up(), {"unit_code": "15142", "participant": {"sex": "male"}})


@pytest.mark.parametrize(
    ("is_health", "changes", "pointer"),
    [
        (True, {"monthly_income": 1_500_000}, "/changes/monthly_income"),
        (False, {"household_code": "HH-1", "member_no": 1}, "/changes/household"),
        (True, {"payment": "missing"}, "/changes/payment"),
    ],
)
def test_fields_of_the_other_scheme_are_refused(is_health: bool, changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        corrected(a_health_sign_up() if is_health else a_voluntary_sign_up(), changes)
    assert [error.pointer for error in refused.value.errors] == [pointer]

"""The verdict of a past day is the one that was given on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from targets_api.domain.given import GivenVerdict, as_given
from targets_api.domain.pace import Verdict

FIRST, LAST = date(2025, 11, 3), date(2025, 11, 7)
END = date(2025, 11, 14)
COMPUTED = Verdict("on_track", None, 0.46, 0.5, 0.92, 4, 10.8, "46 of 100 persons")
GIVEN = GivenVerdict(FIRST, LAST, "behind", "warning", lagging=True)


@pytest.mark.parametrize("day", [FIRST, LAST])
def test_status_and_severity_are_those_given_and_the_reasons_say_where_they_differ(day: date) -> None:
    because = f"46 of 100 persons; by what was known on {day}, it was behind"
    assert as_given(COMPUTED, GIVEN, day, END) == replace(
        COMPUTED, status="behind", severity="warning", because=because
    )


def test_the_reasons_are_as_they_are_where_the_status_is_the_same() -> None:
    computed = replace(COMPUTED, status="behind", severity="critical")
    assert as_given(computed, GIVEN, LAST, END) == replace(computed, severity="warning")


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_a_day_without_a_verdict_of_its_own_has_the_computed_one(day: date) -> None:
    assert as_given(COMPUTED, GIVEN, day, END) == COMPUTED


def test_nothing_given_changes_nothing() -> None:
    assert as_given(COMPUTED, None, LAST, END) == COMPUTED


def test_the_result_stands_until_there_is_another_one() -> None:
    result = GivenVerdict(END + timedelta(days=1), END + timedelta(days=1), "missed", "critical", lagging=True)
    assert as_given(COMPUTED, result, END + timedelta(days=200), END).status == "missed"
    assert as_given(COMPUTED, result, END, END) == COMPUTED

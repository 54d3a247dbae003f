"""What a target and a baseline may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.vocabulary import Scope
from targets_api.domain import baseline as baselines
from targets_api.domain.baseline import Baseline, InvalidBaseline
from targets_api.domain.target import Target, refusal_of

A_TARGET = Target(
    UUID(int=1), Scope("15142"), "household_health", "coverage", 0.9515, date(2025, 10, 1), date(2025, 12, 31)
)
A_BASELINE = Baseline("15142", "household_health", date(2025, 10, 24), 26697, 19702)


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"value": 0.0}, ["/value"]),
        ({"value": -1.0}, ["/value"]),
        ({"value": float("nan")}, ["/value"]),
        ({"value": 1.01}, ["/value"]),
        ({"value": 1e-320}, ["/value"]),
        ({"measure": "in_force", "value": 0.9515}, ["/value"]),
        ({"ends_on": date(2025, 9, 30)}, ["/ends_on"]),
        ({"starts_on": date(1999, 12, 31)}, ["/starts_on"]),
        ({"ends_on": date(2101, 1, 1)}, ["/ends_on"]),
        ({"scope": Scope()}, ["/scope"]),
        ({"scope": Scope("15142", "CT")}, ["/scope"]),
        ({"scope": Scope("15142", None, "CT-07"), "measure": "in_force", "value": 20_000.0}, ["/scope"]),
        ({"scope": Scope(None, "CT"), "value": 2.0}, ["/scope", "/value"]),
    ],
)
def test_each_wrong_field_of_a_target_is_pointed_at(wrong: dict[str, object], pointers: list[str]) -> None:
    refusal = refusal_of(replace(A_TARGET, **wrong))  # type: ignore[arg-type]
    assert refusal is not None
    assert [error.pointer for error in refusal.errors] == pointers


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"value": 1.0},
        {"value": 0.0001},
        {"measure": "new", "value": 1.0},
        {"measure": "in_force", "value": 20_000.0},
        {"measure": "new", "value": 5.0, "scope": Scope(None, None, "CT-07")},
        {"measure": "renewal", "value": 5.0, "scope": Scope("15142", "CT", "CT-07")},
        {"starts_on": date(2025, 12, 31)},
    ],
)
def test_a_target_that_makes_sense_is_not_refused(right: dict[str, object]) -> None:
    assert refusal_of(replace(A_TARGET, **right)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ({"on": date(2025, 10, 26)}, ["/on"]),
        ({"on": date(1999, 1, 1)}, ["/on"]),
        ({"population": 0, "covered": 0}, ["/population"]),
        ({"covered": 26698}, ["/covered"]),
        ({"covered": -1}, ["/covered"]),
    ],
)
def test_each_wrong_field_of_a_baseline_is_pointed_at(wrong: dict[str, object], pointers: list[str]) -> None:
    with pytest.raises(InvalidBaseline) as caught:
        baselines.checked(replace(A_BASELINE, **wrong), date(2025, 10, 25))  # type: ignore[arg-type]
    assert [error.pointer for error in caught.value.errors] == pointers


def test_a_baseline_of_yesterday_is_taken_and_one_of_a_running_day_is_not() -> None:
    day_after = A_BASELINE.on + timedelta(days=1)
    assert baselines.checked(A_BASELINE, day_after) is A_BASELINE
    with pytest.raises(baselines.InvalidBaseline, match="at most 2025-10-23"):
        baselines.checked(A_BASELINE, A_BASELINE.on)

"""Contributions, by the worked examples of the law and by what must hold for all of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.contributions.rates import load_rates
from enrolment_api.domain.contribution import (
    HEALTH_MONTHS,
    VOLUNTARY_MONTHS,
    Contribution,
    IncomeOutOfRange,
    NoRatesYet,
    UnsupportedMonths,
    health_contribution,
    in_force,
    voluntary_contribution,
)

RATES = load_rates()
BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)
INCOMES = st.integers(min_value=30, max_value=936).map(lambda steps: steps * 50_000)
GROUPS = st.sampled_from(sorted(RATES.voluntary.support_percent))


@pytest.mark.parametrize(
    ("on", "monthly_of_members"),
    [
        (date(2025, 10, 25), [105_300, 73_710, 63_180, 52_650, 42_120, 42_120]),
        (BEFORE, [105_300, 73_710, 63_180, 52_650, 42_120, 42_120]),
        (AFTER, [113_850, 79_695, 68_310, 56_925, 45_540, 45_540]),
    ],
)
def test_each_member_of_a_household_pays_less_than_the_one_before(on: date, monthly_of_members: list[int]) -> None:
    for member_no, monthly in enumerate(monthly_of_members, start=1):
        assert health_contribution(RATES.health, on, 3, member_no, "none").payable == 3 * monthly


@pytest.mark.parametrize(
    ("months", "member_no", "group", "expected"),
    [
        (12, 1, "none", Contribution(1_263_600, 0, 1_263_600)),
        (6, 1, "none", Contribution(631_800, 0, 631_800)),
        (3, 1, "none", Contribution(315_900, 0, 315_900)),
        (12, 1, "near_poor", Contribution(1_263_600, 884_520, 379_080)),
        (12, 1, "average_living_farm", Contribution(1_263_600, 379_080, 884_520)),
        (12, 2, "near_poor", Contribution(884_520, 619_164, 265_356)),
        (12, 50, "none", Contribution(505_440, 0, 505_440)),
    ],
)
def test_health_contribution_of_october_2025(months: int, member_no: int, group: str, expected: Contribution) -> None:
    assert health_contribution(RATES.health, date(2025, 10, 25), months, member_no, group) == expected


@pytest.mark.parametrize(
    ("on", "months", "income", "group", "expected"),
    [
        (date(2025, 10, 25), 1, 1_500_000, "none", Contribution(330_000, 66_000, 264_000)),
        (date(2025, 10, 25), 1, 1_500_000, "poor", Contribution(330_000, 165_000, 165_000)),
        (date(2025, 10, 25), 1, 1_500_000, "island_commune", Contribution(330_000, 165_000, 165_000)),
        (date(2025, 10, 25), 1, 1_500_000, "near_poor", Contribution(330_000, 132_000, 198_000)),
        (date(2025, 10, 25), 1, 1_500_000, "ethnic_minority", Contribution(330_000, 99_000, 231_000)),
        (date(2025, 10, 25), 12, 5_000_000, "none", Contribution(13_200_000, 792_000, 12_408_000)),
        (date(2025, 10, 25), 3, 46_800_000, "none", Contribution(30_888_000, 198_000, 30_690_000)),
        (AFTER, 1, 50_600_000, "none", Contribution(11_132_000, 66_000, 11_066_000)),
        (date(2027, 1, 1), 1, 2_200_000, "none", Contribution(484_000, 96_800, 387_200)),
    ],
)
def test_voluntary_contribution(on: date, months: int, income: int, group: str, expected: Contribution) -> None:
    assert voluntary_contribution(RATES.voluntary, on, months, income, group) == expected


@pytest.mark.parametrize(
    ("on", "income"),
    [
        (date(2025, 10, 25), 1_450_000),
        (date(2025, 10, 25), 46_850_000),
        (date(2025, 10, 25), 1_525_000),
        (BEFORE, 50_600_000),
        (date(2027, 1, 1), 1_500_000),
    ],
)
def test_income_out_of_range_is_refused_with_the_range(on: date, income: int) -> None:
    with pytest.raises(IncomeOutOfRange, match=r"from \d+ to \d+") as refusal:
        voluntary_contribution(RATES.voluntary, on, 1, income, "none")
    assert refusal.value.errors[0].pointer == "/monthly_income"


@pytest.mark.parametrize("months", [0, 1, 2, 4, 13, 24])
def test_health_is_paid_for_a_quarter_a_half_or_a_year(months: int) -> None:
    with pytest.raises(UnsupportedMonths):
        health_contribution(RATES.health, BEFORE, months, 1, "none")


@pytest.mark.parametrize("months", [2, 13, 24, 36, 60])
def test_years_ahead_of_voluntary_insurance_are_refused_while_their_discount_is_unknown(months: int) -> None:
    with pytest.raises(UnsupportedMonths, match="discount"):
        voluntary_contribution(RATES.voluntary, BEFORE, months, 1_500_000, "none")


def test_day_before_the_first_rates_is_refused_rather_than_guessed() -> None:
    with pytest.raises(NoRatesYet, match="2025-07-01"):
        voluntary_contribution(RATES.voluntary, date(2025, 6, 30), 1, 1_500_000, "none")


@given(st.sampled_from(HEALTH_MONTHS), st.integers(1, 60), st.sampled_from(sorted(RATES.health.support_percent)))
def test_household_and_state_pay_all_of_a_health_contribution(months: int, member_no: int, group: str) -> None:
    contribution = health_contribution(RATES.health, BEFORE, months, member_no, group)
    assert contribution.payable + contribution.state_support == contribution.due
    assert 0 < contribution.payable <= contribution.due


@given(st.sampled_from(VOLUNTARY_MONTHS), INCOMES, GROUPS)
def test_participant_and_state_pay_all_of_a_voluntary_contribution(months: int, income: int, group: str) -> None:
    contribution = voluntary_contribution(RATES.voluntary, BEFORE, months, income, group)
    one_month = voluntary_contribution(RATES.voluntary, BEFORE, 1, income, group)
    assert contribution.payable + contribution.state_support == contribution.due == months * one_month.due
    assert contribution.due * 100 == income * 22 * months


@given(st.dates(date(2024, 7, 1), date(2040, 1, 1)))
def test_amount_in_force_is_the_latest_that_has_begun(on: date) -> None:
    begun = [amount for since, amount in RATES.health.base_salary if since <= on]
    assert in_force(RATES.health.base_salary, on) == begun[-1]


def test_rates_without_a_figure_are_refused_at_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "rates.toml"
    broken.write_text("[health]\npermille = 45\n[voluntary]\n")
    with pytest.raises(KeyError, match="base_salary"):
        load_rates(broken)

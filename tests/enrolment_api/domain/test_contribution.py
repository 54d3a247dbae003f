"""Contributions, by the worked examples of the law and by what must hold for all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.contributions.rates import load_rates
from enrolment_api.domain.contribution import Contribution, assess
from enrolment_api.domain.rates import LocalSupport, MissingRate, MonthlyRate, NoRatesYet, Rates, found, in_force
from enrolment_api.domain.terms import IncomeOutOfRange, Terms, UnknownSupportGroup, UnsupportedMonths, part
from enrolment_api.domain.voluntary import compounded, discounted

SHIPPED = load_rates()
OCTOBER, BEFORE, AFTER, NEXT_YEAR = date(2025, 10, 25), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)
YEAR: dict[str, Any] = {"since": date(2025, 1, 1), "until": date(2025, 12, 31), "source": "announced for 2025"}


def with_rates(a_month: str = "0.32", supported: bool = True, local: tuple[LocalSupport, ...] = ()) -> Rates:
    """Rates with a discount, interest, and what localities pay."""
    percent = Decimal(a_month)
    voluntary = replace(
        SHIPPED.voluntary,
        discount=(MonthlyRate(percent_a_month=percent, **YEAR),),
        interest=(MissingRate(percent_a_month=percent, supported=supported, **YEAR),),
    )
    return Rates(SHIPPED.health, voluntary, local)


def local(**fields: Any) -> LocalSupport:
    """What the province pays for everybody, but for the changes."""
    entry: dict[str, Any] = {
        "since": date(2025, 7, 1),
        "source": "Resolution 1",
        "scheme": "household_health",
        "unit_code": "38",
    }
    return LocalSupport(**entry | fields)


RATES = with_rates()


def health(**terms: Any) -> Terms:
    """A year of the first member of a household, on the launch day."""
    usual: dict[str, Any] = {"scheme": "household_health", "on": OCTOBER, "months": 12}
    return Terms(**usual | terms)


def voluntary(**terms: Any) -> Terms:
    """A month on the lowest income, on the launch day."""
    usual: dict[str, Any] = {"scheme": "voluntary_social", "on": OCTOBER, "months": 1, "monthly_income": 1_500_000}
    return Terms(**usual | terms)


INCOMES = st.integers(min_value=30, max_value=936).map(lambda steps: steps * 50_000)
HEALTH = st.builds(
    health,
    on=st.dates(date(2024, 7, 1), date(2030, 1, 1)),
    months=st.sampled_from((3, 6, 12)),
    member_no=st.integers(1, 50),
    support_group=st.sampled_from(("none", "near_poor", "average_living_farm")),
    units=st.sampled_from(((), ("15142", "38"), ("38",))),
)
VOLUNTARY = st.builds(
    voluntary,
    on=st.dates(date(2025, 7, 1), date(2025, 12, 31)),
    months=st.sampled_from((1, 3, 6, 12, 24, 36, 48, 60)),
    monthly_income=INCOMES,
    support_group=st.sampled_from(("none", "poor", "island_commune", "near_poor", "ethnic_minority")),
    supported_before=st.integers(0, 130),
    units=st.sampled_from(((), ("15142", "38"), ("38",))),
)
MISSING = VOLUNTARY.flatmap(
    lambda terms: st.integers(1, 60).map(lambda months: replace(terms, payment="missing", months=months))
)
TERMS = HEALTH | VOLUNTARY | MISSING
A_MONTH = st.decimals("0.01", "1", places=3).map(str)
LOCAL = st.lists(
    st.builds(
        local,
        scheme=st.sampled_from(("household_health", "voluntary_social")),
        unit_code=st.sampled_from(("38", "15142", "15127")),
        group=st.sampled_from((None, "none", "near_poor")),
        percent_of_due=st.none() | st.decimals("0.5", "100", places=1),
        vnd_a_month=st.integers(1, 1_000_000),
    ),
    max_size=4,
).map(tuple)


@pytest.mark.parametrize(
    ("on", "monthly_of_members"),
    [
        (OCTOBER, [105_300, 73_710, 63_180, 52_650, 42_120, 42_120]),
        (BEFORE, [105_300, 73_710, 63_180, 52_650, 42_120, 42_120]),
        (AFTER, [113_850, 79_695, 68_310, 56_925, 45_540, 45_540]),
    ],
)
def test_each_member_of_a_household_pays_less_than_the_one_before(on: date, monthly_of_members: list[int]) -> None:
    for member_no, monthly in enumerate(monthly_of_members, start=1):
        terms = health(on=on, months=3, member_no=member_no)
        assert assess(terms, SHIPPED).contribution.payable == 3 * monthly


@pytest.mark.parametrize(
    ("months", "member_no", "group", "expected"),
    [
        (12, 1, "none", Contribution(1_263_600, 0, 0, 1_263_600)),
        (6, 1, "none", Contribution(631_800, 0, 0, 631_800)),
        (3, 1, "none", Contribution(315_900, 0, 0, 315_900)),
        (12, 1, "near_poor", Contribution(1_263_600, 884_520, 0, 379_080)),
        (12, 1, "average_living_farm", Contribution(1_263_600, 379_080, 0, 884_520)),
        (12, 2, "near_poor", Contribution(884_520, 619_164, 0, 265_356)),
        (12, 50, "none", Contribution(505_440, 0, 0, 505_440)),
    ],
)
def test_health_contribution_of_october_2025(months: int, member_no: int, group: str, expected: Contribution) -> None:
    terms = health(months=months, member_no=member_no, support_group=group)
    assert assess(terms, SHIPPED).contribution == expected


@pytest.mark.parametrize(
    ("on", "months", "income", "group", "expected"),
    [
        (OCTOBER, 1, 1_500_000, "none", Contribution(330_000, 66_000, 0, 264_000, 1)),
        (OCTOBER, 1, 1_500_000, "poor", Contribution(330_000, 165_000, 0, 165_000, 1)),
        (OCTOBER, 1, 1_500_000, "island_commune", Contribution(330_000, 165_000, 0, 165_000, 1)),
        (OCTOBER, 1, 1_500_000, "near_poor", Contribution(330_000, 132_000, 0, 198_000, 1)),
        (OCTOBER, 1, 1_500_000, "ethnic_minority", Contribution(330_000, 99_000, 0, 231_000, 1)),
        (OCTOBER, 12, 5_000_000, "none", Contribution(13_200_000, 792_000, 0, 12_408_000, 12)),
        (OCTOBER, 3, 46_800_000, "none", Contribution(30_888_000, 198_000, 0, 30_690_000, 3)),
        (AFTER, 1, 50_600_000, "none", Contribution(11_132_000, 66_000, 0, 11_066_000, 1)),
        (NEXT_YEAR, 1, 2_200_000, "none", Contribution(484_000, 96_800, 0, 387_200, 1)),
    ],
)
def test_voluntary_contribution(on: date, months: int, income: int, group: str, expected: Contribution) -> None:
    terms = voluntary(on=on, months=months, monthly_income=income, support_group=group)
    assert assess(terms, SHIPPED).contribution == expected


@pytest.mark.parametrize(
    ("on", "income", "bounds"),
    [
        (OCTOBER, 1_450_000, "from 1500000 to 46800000"),
        (OCTOBER, 46_850_000, "from 1500000 to 46800000"),
        (OCTOBER, 1_525_000, "a multiple of 50000 VND"),
        (BEFORE, 50_600_000, "from 1500000 to 46800000"),
        (AFTER, 50_650_000, "from 1500000 to 50600000"),
        (NEXT_YEAR, 1_500_000, "from 2200000 to 50600000"),
    ],
)
def test_income_out_of_range_is_refused_with_the_range(on: date, income: int, bounds: str) -> None:
    with pytest.raises(IncomeOutOfRange, match=bounds) as refusal:
        assess(voluntary(on=on, monthly_income=income), SHIPPED)
    assert refusal.value.errors[0].pointer == "/monthly_income"


@pytest.mark.parametrize("months", [0, 1, 2, 4, 13, 24])
def test_health_is_paid_for_a_quarter_a_half_or_a_year(months: int) -> None:
    with pytest.raises(UnsupportedMonths, match="3, 6 or 12 months"):
        assess(health(months=months), RATES)


@pytest.mark.parametrize("months", [0, 2, 13, 25])
def test_other_months_of_voluntary_insurance_are_refused_with_those_that_there_are(months: int) -> None:
    with pytest.raises(UnsupportedMonths, match="1, 3, 6 or 12 months, or with a discount for 24, 36, 48 or 60"):
        assess(voluntary(months=months), RATES)


@pytest.mark.parametrize(
    ("rates", "terms"),
    [
        *((SHIPPED, voluntary(months=months)) for months in (24, 36, 48, 60)),
        (RATES, voluntary(months=24, on=BEFORE)),
        (SHIPPED, voluntary(months=7, payment="missing")),
        (RATES, voluntary(months=7, payment="missing", on=BEFORE)),
    ],
)
def test_what_needs_a_rate_of_interest_is_refused_while_there_is_none_for_the_day(rates: Rates, terms: Terms) -> None:
    with pytest.raises(UnsupportedMonths, match=r"voluntary\.(discount|interest) in the file that DRIVE_RATES_FILE"):
        assess(terms, rates)


def test_years_ahead_are_discounted_and_supported_for_every_month() -> None:
    # 330,000 at 0.5 % a month: 330,000 * (1 - 1.005^-24) / (1 - 1/1.005) = 7,482,974.58…
    contribution = assess(voluntary(months=24), with_rates("0.5")).contribution
    assert contribution == Contribution(7_482_975, 24 * 66_000, 0, 7_482_975 - 24 * 66_000, 24)


def test_missing_time_is_paid_with_compound_interest() -> None:
    # 330,000 * (1.005 + 1.005^2) = 664,958.25
    terms = voluntary(months=2, payment="missing")
    assert assess(terms, with_rates("0.5")).contribution == Contribution(664_958, 132_000, 0, 532_958, 2)
    unsupported = replace(terms, units=("38",))
    rates = with_rates("0.5", supported=False, local=(local(scheme="voluntary_social", vnd_a_month=1_000),))
    assert assess(unsupported, rates).contribution == Contribution(664_958, 0, 0, 664_958, 0)


def test_missing_time_has_an_end() -> None:
    with pytest.raises(UnsupportedMonths, match="60 months at most"):
        assess(voluntary(months=61, payment="missing"), RATES)


@given(A_MONTH, st.sampled_from((24, 36, 48, 60)), INCOMES)
def test_discount_and_interest_are_the_sums_of_the_decree(a_month: str, months: int, income: int) -> None:
    growth = 1 + Fraction(a_month) / 100
    ahead = sum((income / growth**i for i in range(months)), Fraction())
    missing = sum((income * growth**i for i in range(1, months + 1)), Fraction())
    for exact, computed in ((ahead, discounted), (missing, compounded)):
        amount = computed(income, months, Decimal(a_month))
        assert amount - Fraction(1, 2) <= exact < amount + Fraction(1, 2)


@pytest.mark.parametrize(
    ("before", "months", "supported"), [(0, 12, 12), (108, 12, 12), (112, 12, 8), (120, 12, 0), (130, 1, 0)]
)
def test_the_state_supports_a_person_for_120_months_at_most(before: int, months: int, supported: int) -> None:
    assessment = assess(voluntary(months=months, supported_before=before), SHIPPED)
    assert assessment.contribution.supported_months == supported
    assert assessment.contribution.state_support == supported * 66_000
    pieces = [(line.months, line.amount) for line in assessment.lines if line.what == "state_support"]
    assert pieces == [piece for piece in ((supported, -supported * 66_000), (months - supported, 0)) if piece[0]]


def test_a_group_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownSupportGroup, match="none, near_poor, average_living_farm") as refusal:
        assess(health(support_group="poor"), SHIPPED)
    assert refusal.value.errors[0].pointer == "/support_group"


def test_day_before_the_first_rates_is_refused_rather_than_guessed() -> None:
    with pytest.raises(NoRatesYet, match="2025-07-01"):
        assess(voluntary(on=date(2025, 6, 30)), SHIPPED)


PROVINCE = local(percent_of_due=Decimal(10), group=None)
NEAR_POOR = local(percent_of_due=Decimal(20), group="near_poor")
COMMUNE = local(unit_code="15142", vnd_a_month=1_000)
UNITS = ("15142-01", "15142", "BHXH-CT", "38")


@pytest.mark.parametrize(
    ("entries", "terms", "expected"),
    [
        ((PROVINCE,), health(units=UNITS), 126_360),
        ((PROVINCE,), health(units=()), 0),
        ((PROVINCE, NEAR_POOR), health(units=UNITS, support_group="near_poor"), 252_720),
        ((PROVINCE, NEAR_POOR, COMMUNE), health(units=UNITS), 138_360),
        (
            (local(percent_of_due=Decimal(50), group="near_poor"),),
            health(units=UNITS, support_group="near_poor"),
            379_080,
        ),
        ((local(vnd_a_month=1_000, until=date(2025, 10, 24)),), health(units=UNITS), 0),
        ((local(vnd_a_month=1_000, since=date(2025, 10, 26)),), health(units=UNITS), 0),
        ((local(vnd_a_month=1_000, unit_code="bhxh-ct"),), health(units=UNITS), 12_000),
        ((local(vnd_a_month=1_000, scheme="voluntary_social"),), health(units=UNITS), 0),
        ((PROVINCE, local(since=date(2025, 10, 1), vnd_a_month=5)), health(units=UNITS), 60),
    ],
)
def test_what_localities_pay(entries: tuple[LocalSupport, ...], terms: Terms, expected: int) -> None:
    contribution = assess(terms, with_rates(local=tuple(sorted(entries, key=lambda each: each.since)))).contribution
    assert contribution.local_support == expected
    assert contribution.payable == contribution.due - contribution.state_support - expected


@given(TERMS, LOCAL, A_MONTH)
def test_the_lines_sum_to_what_is_payable_and_nobody_pays_less_than_nothing(
    terms: Terms, entries: tuple[LocalSupport, ...], a_month: str
) -> None:
    assessment = assess(terms, with_rates(a_month, local=entries))
    contribution, lines = assessment.contribution, assessment.lines
    assert sum(line.amount for line in lines) == contribution.payable >= 0
    assert contribution.due - contribution.state_support - contribution.local_support == contribution.payable
    for what, amount in (("state_support", contribution.state_support), ("local_support", contribution.local_support)):
        assert sum(-line.amount for line in lines if line.what == what) == amount >= 0
    assert all(line.source and line.text and line.months > 0 for line in lines)


@given(TERMS, LOCAL)
def test_a_line_is_the_share_of_its_base_for_each_month(terms: Terms, entries: tuple[LocalSupport, ...]) -> None:
    for line in assess(terms, with_rates(local=entries)).lines:
        if line.a_month is not None:
            share = line.base if line.rate is None else part(line.base, line.rate)
            assert abs(line.amount) == line.a_month * line.months == share * line.months


def test_a_share_for_years_ahead_is_one_of_the_discounted_sum() -> None:
    entries = (local(scheme="voluntary_social", percent_of_due=Decimal(10)),)
    assessment = assess(voluntary(months=24, units=("38",)), with_rates("0.5", local=entries))
    assert assessment.contribution.local_support == 748_298  # 10 % of 7,482,975


@given(HEALTH | VOLUNTARY, A_MONTH)
def test_who_pays_for_more_months_pays_more(terms: Terms, a_month: str) -> None:
    rates = with_rates(a_month)
    periods = (3, 6, 12) if terms.scheme == "household_health" else (1, 3, 6, 12, 24, 36, 48, 60)
    found = [assess(replace(terms, months=months), rates).contribution for months in periods]
    assert [each.due for each in found] == sorted({each.due for each in found})
    assert [each.payable for each in found] == sorted({each.payable for each in found})


@given(HEALTH, st.integers(1, 50))
def test_a_later_member_pays_no_more(terms: Terms, other: int) -> None:
    payable = {n: assess(replace(terms, member_no=n), SHIPPED).contribution.payable for n in (terms.member_no, other)}
    assert payable[min(payable)] >= payable[max(payable)]


@given(st.dates(date(2024, 7, 1), date(2040, 1, 1)))
def test_amount_in_force_is_the_latest_that_has_begun(on: date) -> None:
    begun = [entry.vnd for entry in SHIPPED.health.base_salary if entry.since <= on]
    assert in_force(SHIPPED.health.base_salary, on).vnd == begun[-1]


def test_an_entry_that_has_ended_is_in_force_no_more() -> None:
    entry = MonthlyRate(percent_a_month=Decimal("0.3"), **YEAR)
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [found([entry], day) is entry for day in days] == [False, True, True, False]
    with pytest.raises(NoRatesYet, match="from 2025-01-01 to 2025-12-31"):
        in_force([entry], date(2026, 1, 1))

"""Cover on a person's timeline: no day twice, no day lost, and who counts as new."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment_api.domain.cover import RENEWAL_WINDOW_DAYS, AlreadyCovered, Cover, cover, days_of_renewal, last_day
from services.vocabulary import Kind, Scheme

TODAY = date(2025, 10, 25)
DAY = timedelta(days=1)
SCHEMES = st.sampled_from(["household_health", "voluntary_social"])
MONTHS = st.sampled_from([1, 3, 6, 12])
DAYS = st.dates(date(2025, 7, 1), date(2030, 1, 1))


def until(last: date) -> list[Cover]:
    """A cover that ends then."""
    return [Cover(last.replace(day=1) if last.day > 1 else last - DAY, last)]


@pytest.mark.parametrize(
    ("scheme", "before", "expected"),
    [
        ("household_health", date(2025, 10, 24), ("renewal", (date(2025, 10, 25), date(2026, 1, 24)))),
        ("household_health", date(2025, 10, 25), ("renewal", (date(2025, 10, 26), date(2026, 1, 25)))),
        ("household_health", date(2025, 12, 24), ("renewal", (date(2025, 12, 25), date(2026, 3, 24)))),
        ("household_health", date(2025, 7, 27), ("renewal", (date(2025, 10, 25), date(2026, 1, 24)))),
        ("household_health", date(2025, 7, 26), ("new", (date(2025, 11, 24), date(2026, 2, 23)))),
        ("voluntary_social", date(2025, 9, 30), ("renewal", (date(2025, 10, 1), date(2025, 12, 31)))),
        ("voluntary_social", date(2025, 10, 31), ("renewal", (date(2025, 11, 1), date(2026, 1, 31)))),
        ("voluntary_social", date(2025, 7, 31), ("renewal", (date(2025, 10, 1), date(2025, 12, 31)))),
        ("voluntary_social", date(2025, 6, 30), ("new", (date(2025, 10, 1), date(2025, 12, 31)))),
    ],
)
def test_cover_of_three_months_signed_on_25_october(
    scheme: Scheme, before: date, expected: tuple[Kind, tuple[date, date]]
) -> None:
    kind, covered = cover(scheme, TODAY, 3, [Cover(before - 200 * DAY, before)])
    assert (kind, tuple(covered)) == expected


@pytest.mark.parametrize("day", [1, 15, 28, 29, 31])
def test_voluntary_cover_is_new_by_whole_months_whatever_the_day_of_signing(day: int) -> None:
    signed_on = date(2025, 10, day)
    assert cover("voluntary_social", signed_on, 1, until(date(2025, 7, 31)))[0] == "renewal"
    assert cover("voluntary_social", signed_on, 1, until(date(2025, 6, 30)))[0] == "new"


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        (date(2025, 1, 31), 3, date(2025, 4, 30)),
        (date(2025, 8, 28), 6, date(2026, 2, 27)),
        (date(2025, 8, 29), 6, date(2026, 2, 28)),
        (date(2025, 8, 30), 6, date(2026, 2, 28)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2027, 8, 29), 6, date(2028, 2, 28)),
        (date(2027, 8, 30), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 11, 24), 12, date(2026, 11, 23)),
        (date(2025, 1, 1), 1, date(2025, 1, 31)),
        (date(2025, 2, 1), 1, date(2025, 2, 28)),
    ],
)
def test_a_period_in_months_ends_with_the_month_that_lacks_its_day(first: date, months: int, last: date) -> None:
    assert last_day(first, months) == last


def test_cover_that_runs_longer_than_the_renewal_window_refuses_another() -> None:
    running = Cover(date(2025, 1, 1), TODAY + timedelta(days=RENEWAL_WINDOW_DAYS + 1))
    with pytest.raises(AlreadyCovered, match="from 2025-10-26 on"):
        cover("household_health", TODAY, 12, [running])


def test_a_late_sign_up_covers_the_days_before_a_later_cover() -> None:
    later = Cover(date(2026, 3, 1), date(2027, 2, 28))
    assert cover("household_health", TODAY, 3, [later]) == ("new", (date(2025, 11, 24), date(2026, 2, 23)))
    assert cover("voluntary_social", TODAY, 3, [later]) == ("new", (date(2025, 10, 1), date(2025, 12, 31)))
    with pytest.raises(AlreadyCovered, match="from 2026-03-01 on, within the months of this sign-up"):
        cover("household_health", TODAY, 6, [later])


def test_a_late_sign_up_between_two_covers_follows_the_one_before() -> None:
    covers = [Cover(date(2026, 2, 1), date(2026, 12, 31)), Cover(date(2025, 1, 1), date(2025, 10, 31))]
    assert cover("household_health", TODAY, 3, covers) == ("renewal", (date(2025, 11, 1), date(2026, 1, 31)))


@pytest.mark.parametrize("scheme", ["household_health", "voluntary_social"])
def test_a_renewal_goes_after_all_that_follow_each_other(scheme: Scheme) -> None:
    chain = [Cover(date(2025, 1, 1), date(2025, 10, 31)), Cover(date(2025, 11, 1), date(2025, 11, 30))]
    assert cover(scheme, TODAY, 1, chain) == ("renewal", (date(2025, 12, 1), date(2025, 12, 31)))


def test_a_second_sign_up_of_the_same_days_is_refused() -> None:
    kind, first = cover("household_health", TODAY, 12, [])
    assert kind == "new"
    for signed_on in (TODAY, TODAY + DAY, first.first):
        with pytest.raises(AlreadyCovered, match="from 2026-09-24 on"):
            cover("household_health", signed_on, 12, [first])


@given(SCHEMES, MONTHS, DAYS, st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 13)), max_size=4))
def test_covers_of_a_person_never_overlap(
    scheme: Scheme, months: int, signed_on: date, drawn: list[tuple[int, int]]
) -> None:
    others: list[Cover] = []
    for offset, length in drawn:
        first = (signed_on + timedelta(days=offset)).replace(day=1)
        last = last_day(first, length)
        if not any(other.first <= last and first <= other.last for other in others):
            others.append(Cover(first, last))
    try:
        _, wanted = cover(scheme, signed_on, months, others)
    except AlreadyCovered:
        assert others
        return
    assert wanted.first <= wanted.last
    assert not any(other.first <= wanted.last and wanted.first <= other.last for other in others)
    assert 27 * months <= (wanted.last - wanted.first).days < 31 * months


@given(DAYS, st.integers(1, 400))
def test_voluntary_cover_is_whole_months(signed_on: date, days: int) -> None:
    _, (first, last) = cover("voluntary_social", signed_on, 3, until(signed_on - timedelta(days=days)))
    assert first.day == 1
    assert last.day == monthrange(last.year, last.month)[1]


def test_the_day_that_a_refusal_names_is_one_on_which_the_sign_up_is_taken() -> None:
    covers = [Cover(date(2025, 7, 31), date(2025, 10, 30)), Cover(date(2025, 11, 30), date(2026, 2, 28))]
    with pytest.raises(AlreadyCovered, match="can be renewed from 2025-12-30 on"):
        cover("household_health", date(2025, 8, 1), 3, covers)
    renewed = cover("household_health", date(2025, 12, 30), 3, covers)
    assert renewed == ("renewal", (date(2026, 3, 1), date(2026, 5, 31)))


@given(SCHEMES, DAYS)
def test_the_days_of_renewal_are_those_on_which_a_sign_up_renews(scheme: Scheme, day: date) -> None:
    last = day if scheme == "household_health" else day.replace(day=monthrange(day.year, day.month)[1])
    before = [Cover(last - 200 * DAY, last)]
    days = days_of_renewal(scheme, last)
    with pytest.raises(AlreadyCovered):
        cover(scheme, days.first - DAY, 3, before)
    assert [cover(scheme, day, 3, before)[0] for day in (days.first, days.last)] == ["renewal", "renewal"]
    assert cover(scheme, days.last + DAY, 3, before)[0] == "new"

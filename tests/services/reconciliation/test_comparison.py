"""Which differences are losses, and when the source is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.reconciliation.comparison import NEVER, Asked, Comparison, Total, asked_again, compare, judge, may_ask

NOW = datetime(2025, 10, 25, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def compared(source: int, local: int) -> Comparison:
    """A comparison of sign-ups whose checksums follow from their number."""
    return Comparison(total(source), total(local), "unclear", NOW)


def total(n: int) -> Total:
    """A total of `n` sign-ups."""
    return Total(n, n * 1000)


@pytest.mark.parametrize(
    ("source", "local", "before", "verdict"),
    [
        (10, 10, None, "same"),
        (10, 7, None, "unclear"),
        (10, 7, compared(10, 7), "missing"),
        (10, 7, compared(8, 5), "missing"),
        (10, 8, compared(8, 5), "unclear"),
        (10, 12, compared(10, 10), "unclear"),
        (10, 12, compared(10, 12), "surplus"),
        (5, 10, compared(10, 10), "unclear"),
        (5, 10, compared(5, 10), "surplus"),
        (5, 7, compared(10, 10), "unclear"),
        (0, 3, compared(0, 3), "surplus"),
    ],
)
def test_a_difference_is_a_loss_only_where_nothing_on_its_way_can_explain_it(
    source: int, local: int, before: Comparison | None, verdict: str
) -> None:
    assert judge(total(source), total(local), before) == verdict


def test_as_many_with_other_facts_is_a_loss_too() -> None:
    before = Comparison(Total(10, 1), Total(10, 2), "unclear", NOW)
    assert judge(Total(10, 1), Total(10, 2), before) == "missing"


def test_requests_count_from_zero_once_nothing_is_known_to_differ() -> None:
    lost = Comparison(total(10), total(7), "missing", NOW, Asked(3, NOW))
    assert compare(total(10), total(8), NOW, lost).asked == Asked(3, NOW)
    assert compare(total(10), total(10), NOW, lost).asked == NEVER
    assert compare(total(12), total(10), NOW, lost).asked == NEVER


def test_the_pauses_between_requests_grow_to_sixty_intervals() -> None:
    asked, now = NEVER, NOW
    pauses: list[int] = []
    while len(pauses) < 6:
        waited = 0
        while not may_ask(asked, now, MINUTE):
            now, waited = now + MINUTE, waited + 1
        asked = asked_again(asked, now)
        pauses.append(waited)
    assert pauses == [0, 1, 5, 14, 54, 54]  # a pause counts as over when nine tenths of it are

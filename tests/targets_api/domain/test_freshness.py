"""When progress is stale: what is known to be complete ends too long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from targets_api.domain.freshness import stale_since

NOW = datetime(2025, 10, 25, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("counted", "confirmed", "since"),
    [
        (None, None, None),
        (3, None, 3),
        (None, 3, 3),
        (2, None, None),
        (500, 2, None),
        (1, 500, None),
        (500, 3, 3),
        (3, 500, 3),
    ],
)
def test_progress_is_stale_where_nothing_was_counted_or_confirmed_for_two_intervals(
    counted: int | None, confirmed: int | None, since: int | None
) -> None:
    at = [None if minutes is None else NOW - minutes * MINUTE for minutes in (counted, confirmed, since)]
    assert stale_since(at[0], at[1], NOW, MINUTE) == at[2]


def test_a_stale_answer_stays_the_same_until_something_arrives() -> None:
    known = NOW - 3 * MINUTE
    assert {stale_since(known, None, NOW + n * MINUTE, MINUTE) for n in range(9)} == {known}

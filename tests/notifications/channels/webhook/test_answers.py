"""How a receiver's answer is judged: its status, and the header Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels.webhook.answers import of_http_answer, retry_after
from notifications.domain.delivery import LONGEST_WAIT, Outcome, Refused, Retry, Sent, pause_of

NOW = datetime(1994, 11, 6, 8, 0, tzinfo=UTC)
ASKED = timedelta(minutes=49, seconds=37)


@pytest.mark.parametrize(
    "date",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
    ids=["IMF-fixdate", "RFC 850", "asctime"],
)
def test_each_form_of_a_date_counts(date: str) -> None:
    assert retry_after(date, NOW) == ASKED


@pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("60", 60), ("00000000060", 60)])
def test_seconds_count(value: str, seconds: int) -> None:
    assert retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["604801", "9" * 9, "9" * 10, "9" * 8000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_longer_wait_than_the_longest_is_the_longest(value: str) -> None:
    assert pause_of(retry_after(value, NOW)) == LONGEST_WAIT


@pytest.mark.parametrize("value", ["Sun, 06 Nov 1994 07:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_is_over_asks_for_no_wait(value: str) -> None:
    assert pause_of(retry_after(value, NOW)) == timedelta()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-5",
        "1.5",
        "soon",
        "\u00b2",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999",
        "Mon, 99999999999999999999 Jan 2024 00:00:00 GMT",
        "Sun Nov  6 08:43333333333337 1994 +0000",
        "Sun Nov  6 08:49:37 1994 +0004444444644440",
    ],
)
def test_what_says_nothing_is_as_if_it_were_not_there(value: str) -> None:
    assert retry_after(value, NOW) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Sent),
        (204, Sent),
        (301, Refused),
        (307, Refused),
        (400, Retry),
        (401, Retry),
        (404, Retry),
        (408, Retry),
        (410, Refused),
        (429, Retry),
        (500, Retry),
        (503, Retry),
    ],
)
def test_a_webhooks_answer_has_a_meaning(status: int, kind: type[Outcome]) -> None:
    outcome = of_http_answer(status)
    assert isinstance(outcome, kind)
    assert (isinstance(outcome, Refused) and outcome.gone) == (status == 410)

"""The freshness is put into an answer as pydantic would have written it."""

from __future__ import annotations

from datetime import UTC, datetime

from targets_api.domain.freshness import Freshness, Waiting
from targets_api.remembering.body import Body
from targets_api.remembering.schemas import UNTOLD, Fresh, WaitingEvents

NOON = datetime(2025, 10, 25, 5, 0, 1, 250_000, tzinfo=UTC)
WAITS = Freshness(NOON, Waiting(3, NOON), None, None)


class Figures(Fresh):
    """An answer of few figures, with a name that looks like a part of it."""

    name: str = '"as_of":null,"waiting":null,"stale_since":null'
    n: int = 7


class Days(WaitingEvents):
    """An answer that tells no freshness."""


def test_an_answer_with_its_freshness_is_what_the_model_would_have_been() -> None:
    body = Body(Figures(**UNTOLD))
    whole = Figures(as_of=NOON, waiting=WaitingEvents(events=3, oldest=NOON), stale_since=None)
    assert body.told(WAITS).body == whole.model_dump_json(by_alias=True).encode()
    assert (
        body.told(Freshness(None, None, None, None)).body == Figures(**UNTOLD).model_dump_json(by_alias=True).encode()
    )


def test_the_tag_differs_with_the_freshness_and_is_made_once_for_each() -> None:
    body = Body(Figures(**UNTOLD))
    first = body.told(WAITS)
    assert body.told(Freshness(NOON, Waiting(3, NOON), None, None)) is first
    later = body.told(Freshness(NOON, Waiting(4, NOON), None, None))
    assert later.etag != first.etag
    assert body.told(WAITS) == first


def test_an_answer_that_tells_no_freshness_stays_as_it_is() -> None:
    answer = Days(events=1, oldest=NOON)
    assert Body(answer).told(WAITS).body == answer.model_dump_json().encode()

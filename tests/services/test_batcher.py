"""The batcher: many single calls, few runs, and each call gets the answer it would have got alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.batcher import Batcher
from services.errors import Unavailable
from tests.support.waiting import soon


class Plural:
    """A use-case that takes a list; the test may block it, make it fail, or let it answer wrongly."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.poison: set[int] = set()
        self.error: Exception | None = None
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.under_way = asyncio.Event()

    async def run(self, items: Sequence[int]) -> Sequence[str]:
        self.runs.append(list(items))
        self.under_way.set()
        await self.may_go.wait()
        if self.error:
            raise self.error
        if found := self.poison.intersection(items):
            raise ValueError(f"poisoned by {sorted(found)}")
        return [f"answer {item}" for item in items]


async def test_a_single_call_does_not_wait() -> None:
    plural = Plural()
    assert await soon(Batcher(plural.run).submit(7)) == "answer 7"
    assert plural.runs == [[7]]


async def test_concurrent_calls_share_a_run_and_each_gets_its_own_answer() -> None:
    plural = Plural()
    batcher = Batcher(plural.run)
    answers = await soon(asyncio.gather(*(batcher.submit(number) for number in range(50))))
    assert answers == [f"answer {number}" for number in range(50)]
    assert plural.runs == [list(range(50))]


async def test_calls_that_come_during_a_run_make_up_the_next() -> None:
    plural = Plural()
    plural.may_go.clear()
    batcher = Batcher(plural.run)
    first = asyncio.create_task(batcher.submit(0))
    await soon(plural.under_way.wait())
    rest = [asyncio.create_task(batcher.submit(number)) for number in range(1, 4)]
    await asyncio.sleep(0)
    plural.may_go.set()
    assert await soon(asyncio.gather(first, *rest)) == [f"answer {number}" for number in range(4)]
    assert plural.runs == [[0], [1, 2, 3]]


async def test_a_run_holds_no_more_than_it_may() -> None:
    plural = Plural()
    batcher = Batcher(plural.run, at_most=20)
    await soon(asyncio.gather(*(batcher.submit(number) for number in range(50))))
    assert [len(run) for run in plural.runs] == [20, 20, 10]


async def test_a_bad_item_fails_alone() -> None:
    plural = Plural()
    plural.poison = {3}
    batcher = Batcher(plural.run)
    answers = await soon(asyncio.gather(*(batcher.submit(number) for number in range(5)), return_exceptions=True))
    assert [answer for answer in answers if isinstance(answer, str)] == ["answer 0", "answer 1", "answer 2", "answer 4"]
    assert isinstance(answers[3], ValueError)


async def test_an_outage_fails_all_of_a_run_at_once_and_is_not_asked_for_again_by_each() -> None:
    plural = Plural()
    plural.error = Unavailable("away")
    batcher = Batcher(plural.run)
    answers = await soon(asyncio.gather(*(batcher.submit(number) for number in range(5)), return_exceptions=True))
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert len(plural.runs) == 1


async def test_after_a_failure_the_next_call_is_served() -> None:
    plural = Plural()
    plural.error = Unavailable("away")
    batcher = Batcher(plural.run)
    with pytest.raises(Unavailable):
        await soon(batcher.submit(1))
    plural.error = None
    assert await soon(batcher.submit(2)) == "answer 2"


async def test_a_cancelled_caller_does_not_cancel_others() -> None:
    plural = Plural()
    plural.may_go.clear()
    batcher = Batcher(plural.run)
    impatient, patient = (asyncio.create_task(batcher.submit(number)) for number in range(2))
    await soon(plural.under_way.wait())
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    plural.may_go.set()
    assert await soon(patient) == "answer 1"
    assert await soon(batcher.submit(2)) == "answer 2"


async def test_a_run_with_a_wrong_number_of_answers_leaves_no_caller_waiting() -> None:
    async def forgetful(items: Sequence[int]) -> Sequence[str]:
        return ["only one"]

    batcher = Batcher(forgetful)
    answers = await soon(asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True))
    assert all(isinstance(answer, RuntimeError) for answer in answers)


async def test_a_run_that_is_cancelled_leaves_no_caller_waiting() -> None:
    async def cancelled(items: Sequence[int]) -> Sequence[str]:
        raise asyncio.CancelledError

    batcher = Batcher(cancelled)
    answers = await soon(asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True))
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)

"""Whoever asks the same shares one answer, costly answers wait for each other, and nobody waits for a costly one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession, Touched
from targets_api.remembering.answers import COSTLY_AT_ONCE, Answers
from targets_api.remembering.read import Read, on_unit
from tests.support.waiting import eventually
from tests.targets_api.builders import HEALTH, TargetsService

CHANGE = text("UPDATE units SET name = name || '.' WHERE code = '15142'")


class Key(NamedTuple):
    """A key of a read."""

    code: str
    own_of: str | None = None


class Answer(BaseModel):
    """Which run answered."""

    code: str
    run: int


class Computing:
    """A read whose runs last until they are let go; keys that begin with a capital letter are costly."""

    def __init__(self) -> None:
        self.runs: list[list[str]] = []
        self.go = asyncio.Event()
        self.fails = False
        self.read = Read[Key](
            "unit", self.compute, lambda key: on_unit(key.code, HEALTH), lambda key, _: key.code[0].isupper(), at_most=1
        )

    async def compute(self, _session: ReadSession, keys: Sequence[Key], _today: date) -> list[Answer]:
        """Answer with the number of the run."""
        self.runs.append([key.code for key in keys])
        run = len(self.runs)
        if keys[0].code[0].isupper():
            await self.go.wait()
        if self.fails:
            raise ValueError(keys)
        return [Answer(code=key.code, run=run) for key in keys]

    async def begun(self) -> int:
        """How many runs have begun."""
        return len(self.runs)


@pytest.fixture
def answers(service: TargetsService) -> Answers:
    """Nothing is remembered."""
    return Answers(service.runtime.database, service.runtime.clock, timedelta(minutes=1))


def body(answer: Any) -> Answer:
    """What was answered."""
    return Answer.model_validate_json(answer.body)


async def touch(service: TargetsService, code: str) -> None:
    """Something changes in a unit."""
    async with service.runtime.database.write() as work:
        with work.touching([Touched("unit", HEALTH, (code,))]):
            await work.execute(CHANGE)


async def test_a_cheap_answer_does_not_wait_for_costly_ones_of_the_same_read(answers: Answers) -> None:
    computing = Computing()
    slow = [asyncio.create_task(answers.of(computing.read, Key(code))) for code in ("A", "B", "C")]
    await eventually(computing.begun, 1)
    async with asyncio.timeout(20):
        assert body(await answers.of(computing.read, Key("x"))).code == "x"
    computing.go.set()
    assert [body(await each).code for each in slow] == ["A", "B", "C"]


async def test_costly_answers_of_many_reads_take_few_connections(answers: Answers) -> None:
    reads = [Computing() for _ in range(COSTLY_AT_ONCE + 2)]
    slow = [asyncio.create_task(answers.of(each.read, Key("A"))) for each in reads]

    async def begun() -> int:
        return sum(len(each.runs) for each in reads)

    await eventually(begun, COSTLY_AT_ONCE)
    computing = Computing()
    assert body(await answers.of(computing.read, Key("x"))).run == 1
    assert await begun() == COSTLY_AT_ONCE
    for each in reads:
        each.go.set()
    await asyncio.gather(*slow)
    assert await begun() == len(reads)


async def test_all_who_ask_the_same_share_one_run(answers: Answers) -> None:
    computing = Computing()
    asked = [asyncio.create_task(answers.of(computing.read, Key("A"))) for _ in range(24)]
    await eventually(computing.begun, 1)
    asked += [asyncio.create_task(answers.of(computing.read, Key("A"))) for _ in range(24)]
    computing.go.set()
    assert {body(await each).run for each in asked} == {1}
    assert computing.runs == [["A"]]


async def test_whoever_asks_after_a_change_gets_an_answer_that_was_computed_after_it(
    answers: Answers, service: TargetsService
) -> None:
    computing = Computing()
    before = asyncio.create_task(answers.of(computing.read, Key("A")))
    await eventually(computing.begun, 1)
    await touch(service, "A")
    after = [asyncio.create_task(answers.of(computing.read, Key("A"))) for _ in range(9)]
    await touch(service, "A")
    after += [asyncio.create_task(answers.of(computing.read, Key("A"))) for _ in range(9)]
    computing.go.set()
    assert body(await before).run == 1
    assert {body(await each).run for each in after} == {2}


async def test_a_failure_is_told_and_not_remembered(answers: Answers) -> None:
    computing = Computing()
    computing.fails = True
    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            await answers.of(computing.read, Key("x"))
    computing.fails = False
    assert body(await answers.of(computing.read, Key("x"))).code == "x"


async def test_a_client_that_goes_away_takes_no_answer_from_others(answers: Answers) -> None:
    computing = Computing()
    gone, stays = (asyncio.create_task(answers.of(computing.read, Key("A"))) for _ in range(2))
    await eventually(computing.begun, 1)
    gone.cancel()
    computing.go.set()
    assert body(await stays).run == 1

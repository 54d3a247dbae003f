"""Of large bodies one is read at a time, with time for others after each."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from services.web.turns import Turns
from tests.support.waiting import soon

SECONDS = 0.05


async def test_turns_do_not_overlap_and_others_have_as_much_time_as_they_took() -> None:
    turns, times = Turns(), list[tuple[float, float]]()

    async def one() -> None:
        async with turns.turn():
            began = time.perf_counter()
            time.sleep(SECONDS)  # noqa: ASYNC251 - as reading does, which nothing interrupts
            times.append((began, time.perf_counter()))

    await soon(asyncio.gather(*(one() for _ in range(4))))
    assert len(times) == 4
    for (began, ended), (following, _) in pairwise(times):
        assert following - ended >= (ended - began) * 0.9


async def test_a_turn_that_fails_ends() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            async with turns.turn():
                raise ValueError
        except ValueError:
            continue
    async with asyncio.timeout(5), turns.turn():
        pass

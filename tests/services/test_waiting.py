"""Long computations let others have a turn."""

from __future__ import annotations

import asyncio
from itertools import count

from services.waiting import each_in_turn


async def test_what_is_made_of_many_items_is_in_their_order() -> None:
    assert await each_in_turn(str, range(1000)) == [str(n) for n in range(1000)]
    assert await each_in_turn(str, []) == []


async def test_others_have_a_turn_while_many_items_are_made() -> None:
    turns = count()

    async def other() -> None:
        while True:
            next(turns)
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await each_in_turn(str, range(10_000))
    task.cancel()
    assert next(turns) >= 40

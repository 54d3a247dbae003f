"""Thousands of shares: other requests are answered meanwhile, and a tree has its bound."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from sqlalchemy import text

from targets_api.domain.share_tree import MOST_NODES
from tests.targets_api.allocation.test_shared_again import tree_of
from tests.targets_api.allocation.test_sharing_out import problem, share_out, whole_of
from tests.targets_api.builders import CAM_THACH, TargetsService, a_unit

N = 4_000
MOST_SECONDS = 0.2
"""Of processor time, in one piece: half of what it took before, in the middle between then and now."""


@asynccontextmanager
async def longest_turn() -> AsyncIterator[list[float]]:
    """The processor time of each turn of the event loop's, in the block; collections of garbage left out."""
    turns: list[float] = []

    async def watch() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.002)
            now = time.thread_time()
            turns.append(now - last)
            last = now

    gc.collect()
    gc.disable()
    task = asyncio.create_task(watch())
    try:
        yield turns
    finally:
        task.cancel()
        gc.enable()


async def test_the_event_loop_has_turns_while_thousands_of_shares_are_set_and_replaced(
    service: TargetsService,
) -> None:
    for first in range(0, N, 1000):
        await service.handle([a_unit(f"V-{n}", CAM_THACH, "village") for n in range(first, first + 1000)])
    whole = await whole_of(service, unit=CAM_THACH, value=3 * N)
    await share_out(service, whole, dry_run=True)
    async with longest_turn() as turns:
        assert (await share_out(service, whole)).status_code == 201
        revision = {"version": 1, "value": 5 * N, "from": "2025-11-03", "reason": "More."}
        await service.http.post(f"/v1/targets/{whole['id']}/revision", json=revision)
        replaced = await share_out(service, whole, replace=True, version=2, reason="More.")
        assert replaced.status_code == 201, replaced.text
        assert (await tree_of(service, whole))["adds_up"]
    assert max(turns) < MOST_SECONDS


async def copy(service: TargetsService, times: int, withdrawn_on: date | None = None) -> None:
    """So many more shares like that of 15127."""
    async with service.runtime.database.write() as work:
        await work.execute(
            text(
                "INSERT INTO targets"
                " (id, unit_code, scheme, measure, value, starts_on, ends_on, name, parent_id, withdrawn_on)"
                " SELECT gen_random_uuid(), unit_code, scheme, measure, value, starts_on, ends_on, n::text, parent_id,"
                " CAST(:withdrawn_on AS date) FROM targets, generate_series(1, :times) n WHERE unit_code = '15127'"
            ),
            {"times": times, "withdrawn_on": withdrawn_on},
        )
        await work.execute(
            text(
                "INSERT INTO target_progress (target_id, achieved, covered_at_start, count_from, status, lagging,"
                " episode, revision) SELECT id, 0, 0, starts_on, 'not_started', false, 0, 0 FROM targets"
                " ON CONFLICT DO NOTHING"
            )
        )


async def test_shares_that_were_withdrawn_do_not_make_a_tree_too_large(service: TargetsService) -> None:
    whole = await whole_of(service)
    await share_out(service, whole)
    await copy(service, MOST_NODES, date(2025, 11, 1))
    assert len((await tree_of(service, whole))["target"]["shares"]) == 2


async def test_a_tree_beyond_its_bound_is_refused_with_the_remedy(service: TargetsService) -> None:
    whole = await whole_of(service)
    await share_out(service, whole)
    await copy(service, 4998)
    assert len((await tree_of(service, whole))["target"]["shares"]) == 5000 == MOST_NODES - 1
    await service.target(parent_id=whole["id"], scope={"unit_code": CAM_THACH}, name="One more")
    answer = await service.http.get(f"/v1/targets/{whole['id']}/tree")
    assert problem(answer) == (422, "tree-too-large", [])
    assert f"GET /v1/targets?parent_id={whole['id']}" in answer.json()["detail"]

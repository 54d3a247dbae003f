"""Whoever was away goes on at any process, and misses nothing."""

from __future__ import annotations

import pytest

from tests.support.streams import Listen, Serve
from tests.targets_api.builders import TargetsService, sign_ups
from tests.targets_api.progress.stream.units import units_of


async def test_a_client_goes_on_at_another_process_without_loss(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    first = await serve()
    listener = await listen(first, under="CS-CT")
    await listener.until_id()
    await service.handle(sign_ups(1, unit_code="15142"))
    assert (await units_of(listener)).keys() == {"CS-CT", "15142"}
    await first.stop()
    await listener.until_end()
    await service.handle(sign_ups(3, unit_code="15127"))
    again = await listen(await serve(), under="CS-CT", last_id=listener.last_id)
    units = await units_of(again)
    assert {code: units[code]["new"] for code in units} == {"CS-CT": 4, "15127": 3}


async def test_a_change_that_was_not_committed_yet_when_the_client_left_is_told_when_it_returns(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, sign_ups(1, unit_code="15142", collector_code="CT-08"))
        await service.handle(sign_ups(1, unit_code="15127"))
        listener = await listen(served, under="38")
        await listener.until_id()
        last_id = listener.last_id
        await listener.answer.aclose()
    again = await listen(served, under="38", last_id=last_id)
    assert (await units_of(again)).keys() == {"38", "CS-CT", "15142"}


@pytest.mark.parametrize("last_id", ["7", "1.1.0.1.5:5:"])
async def test_an_id_that_nothing_is_known_of_begins_anew(serve: Serve, listen: Listen, last_id: str) -> None:
    listener = await listen(await serve(), last_id=last_id)
    assert await listener.kinds() == ["reload"]

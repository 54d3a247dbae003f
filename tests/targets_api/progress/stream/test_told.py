"""A stream tells what has changed below a unit, with the figures of then."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event as listening

from tests.support.streams import Listen, Serve
from tests.support.waiting import soon
from tests.targets_api.builders import HEALTH, TargetsService, a_unit, sign_ups
from tests.targets_api.progress.stream.units import units_of


async def test_a_stream_tells_the_figures_of_what_has_changed(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    listener = await listen(await serve(), under="cs-ct")
    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    [first] = await listener.until_id()
    assert first.event == "reload"
    await service.handle(
        [*sign_ups(2, unit_code="15142-01"), *sign_ups(1, unit_code="15127", scheme="voluntary_social")]
    )
    units = await units_of(listener)
    assert units.keys() == {"CS-CT", "15142", "15142-01"}
    assert units["15142"] == await service.progress("units/15142")
    assert units["15142"]["new"] == 2


async def test_what_is_not_below_the_unit_is_not_told(service: TargetsService, serve: Serve, listen: Listen) -> None:
    served = await serve()
    inside, outside = await listen(served, under="15142"), await listen(served, under="15127")
    for listener in (inside, outside):
        await listener.until_id()
    await service.handle(sign_ups(1, unit_code="15142"))
    assert (await units_of(inside)).keys() == {"15142"}
    await service.handle(sign_ups(1, unit_code="15127"))
    assert (await units_of(outside)).keys() == {"15127"}


async def test_a_change_of_the_registry_and_another_day_tell_to_read_anew(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    listener = await listen(await serve())
    await listener.until_id()
    await service.handle([a_unit("15127", "38", version=2)])
    assert await listener.kinds() == ["reload"]
    service.runtime.clock.pin(service.runtime.clock.today() + timedelta(days=1))
    assert await listener.kinds() == ["reload"]


async def test_changes_that_follow_fast_are_told_once_with_the_figures_of_then(
    service: TargetsService, serve: Serve, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await serve()
    listener = await listen(served, under="15142")
    await listener.until_id()
    looking = asyncio.Lock()
    monkeypatch.setattr(served.app.state.feed, "_looking", looking)
    async with looking:
        for _ in range(9):
            await service.handle(sign_ups(1, unit_code="15142"))
    units = await units_of(listener)
    assert units["15142"]["new"] == 9
    await service.handle(sign_ups(1, unit_code="15142"))
    assert (await units_of(listener))["15142"]["new"] == 10


async def test_nothing_is_asked_of_the_database_for_each_client_while_nothing_changes(
    service: TargetsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    listeners = [await listen(served) for _ in range(5)]
    for listener in listeners:
        await listener.until_id()
    looks = 0
    look = served.app.state.feed._look
    done = asyncio.Event()

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await look()
        if looks == 2:
            done.set()

    served.app.state.feed._look = counted
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.extend([statement] if statement != "DISCARD PLANS" else [])

    engine = service.runtime.database.engine.sync_engine
    listening.listen(engine, "after_cursor_execute", note)
    await soon(done.wait())
    listening.remove(engine, "after_cursor_execute", note)
    assert len(statements) <= 2


@pytest.mark.parametrize(
    ("params", "status"), [({"under": "nowhere"}, 404), ({"scheme": "x"}, 422), ({"on": "x"}, 422)]
)
async def test_a_stream_of_what_is_not_there_is_refused(
    service: TargetsService, params: dict[str, str], status: int
) -> None:
    asked = {"under": "38", "scheme": HEALTH, **params}
    assert (await service.http.get("/v1/progress/stream", params=asked)).status_code == status


async def test_head_opens_no_stream(service: TargetsService) -> None:
    answer = await soon(service.http.head("/v1/progress/stream", params={"under": "38", "scheme": HEALTH}))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")

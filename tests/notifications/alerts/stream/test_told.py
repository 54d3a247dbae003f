"""A stream tells which alerts have changed, as they are then, and which are gone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event as listening

from services.vocabulary import Scope
from tests.notifications.alerts.stream.steps import id_of, told
from tests.notifications.handling.steps import Handled
from tests.notifications.service import NotificationsService, an_episode
from tests.notifications.silences.steps import silence
from tests.support.streams import Listen, Serve
from tests.support.waiting import soon


async def test_each_change_of_an_alert_is_told_as_the_alert_is_shown(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    listener = await listen(await serve())
    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    assert listener.answer.headers["x-accel-buffering"] == "no"
    assert await listener.kinds() == ["reload"]
    handled = await Handled(service).begin()
    for step in (
        lambda: handled.do("acknowledgement", note="We visit each household"),
        lambda: handled.do("report", **handled.report()),
        lambda: service.handle(handled.lag.worsened()),
        lambda: service.handle(handled.lag.recovered()),
    ):
        events = [event for event in await listener.until_id() if event.event]
        assert [(event.event, event.json) for event in events] == [("alert", await handled.shown())]
        await step()
    assert await told(listener) == [("alert", handled.id)]


async def test_an_alert_that_leaves_the_filter_is_gone(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    handled = await Handled(service).begin()
    status, unit = await listen(served, status="open"), await listen(served, under="bhxh-ct")
    for listener in (status, unit):
        await listener.until_id()
    await handled.do("acknowledgement")
    assert await told(status) == [("gone", handled.id)]
    assert await told(unit) == [("alert", handled.id)]
    moved = replace(handled.lag, path=("38", "BHXH-BT", "15142"))
    await service.handle(moved.worsened())
    assert await told(unit) == [("gone", handled.id)]


async def test_what_is_not_among_the_alerts_of_the_filter_is_not_told(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    lag = an_episode(path=(), unit_name=None, scope=Scope(None, "CT", "CT-07"), organisations=("CT", "VNPOST"))
    other = an_episode(path=("38", "BHXH-BT", "15127"))
    await service.handle(lag.fell_behind(), other.fell_behind())
    its, others = await id_of(service, lag), await id_of(service, other)
    served = await serve()
    among = [
        await listen(served, **given)
        for given in ({"organisation_code": "vnpost"}, {"collector_code": "ct-07"}, {"target_id": str(lag.target_id)})
    ]
    beside = [await listen(served, under="BHXH-BT"), await listen(served, target_id=str(other.target_id))]
    for listener in (*among, *beside):
        await listener.until_id()
    await service.handle(lag.worsened())
    await service.handle(other.worsened())
    for listener in among:
        assert await told(listener) == [("alert", its)]
    for listener in beside:
        assert await told(listener) == [("alert", others)]


async def test_that_a_silence_begins_and_ends_tells_to_read_anew(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    listener = await listen(await serve())
    await listener.until_id()
    await silence(service)
    assert await listener.kinds() == ["reload"]
    service.advance(hours=3)
    assert await listener.kinds() == ["reload"]


async def test_alerts_that_another_inhibits_are_told_with_it(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    await service.client.put("/v1/inhibitions/province", json={"under": "38"})
    child, parent = an_episode(), an_episode(path=("38", "BHXH-CT"))
    await service.handle(child.fell_behind())
    listener = await listen(await serve(), under="15142")
    await listener.until_id()
    await service.handle(parent.fell_behind())
    [event] = [event for event in await listener.until_id() if event.event]
    assert event.json["inhibited_by"] == await id_of(service, parent)
    await service.handle(parent.recovered())
    [event] = [event for event in await listener.until_id() if event.event]
    assert (event.json["id"], event.json["inhibited_by"]) == (await id_of(service, child), None)


async def test_nothing_is_asked_of_the_database_for_each_client_while_nothing_changes(
    service: NotificationsService, serve: Serve, listen: Listen
) -> None:
    served = await serve()
    for listener in [await listen(served) for _ in range(5)]:
        await listener.until_id()
    looks, done, statements = 0, asyncio.Event(), list[str]()
    look = served.app.state.feed._look

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await look()
        if looks == 2:
            done.set()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    served.app.state.feed._look = counted
    engine = service.runtime.database.engine.sync_engine
    listening.listen(engine, "after_cursor_execute", note)
    await soon(done.wait())
    listening.remove(engine, "after_cursor_execute", note)
    assert len(statements) <= 2 * looks


@pytest.mark.parametrize(
    ("params", "status"), [({"under": "nowhere"}, 422), ({"status": "x"}, 422), ({"limit": "1"}, 422)]
)
async def test_a_stream_of_what_is_not_there_is_refused(
    service: NotificationsService, params: dict[str, str], status: int
) -> None:
    assert (await service.client.get("/v1/alerts/stream", params=params)).status_code == status


async def test_head_opens_no_stream(service: NotificationsService) -> None:
    answer = await soon(service.client.head("/v1/alerts/stream"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")

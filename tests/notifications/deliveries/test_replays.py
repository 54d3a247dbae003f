"""A receiver that has lost data gets again what was queued for it in a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from sqlalchemy import text

from notifications.deliveries import replays
from services.errors import Invalid
from tests.notifications.deliveries.steps import connect, states
from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, alone, an_episode


async def ask(service: NotificationsService, since: datetime, before: datetime, route: str = "ops") -> httpx.Response:
    """Ask for a replay."""
    body = {"route": route, "from": since.isoformat(), "to": before.isoformat()}
    return await service.client.post("/v1/deliveries/replay", json=body)


async def ask_for_the_day(service: NotificationsService) -> Any:
    """Ask for all of an hour before now and after; the answer."""
    now = service.clock.now()
    answer = await ask(service, now - timedelta(hours=1), now + timedelta(hours=1))
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_what_was_sent_is_sent_again_in_order_under_the_same_ids(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    for _ in range(3):
        await service.handle(alone().fell_behind())
        await service.sender().send_due()
    assert await ask_for_the_day(service) == {"deliveries": 3, "messages": 3}
    await service.sender().send_due()
    first, again = receiver.calls[:3], receiver.calls[3:]
    assert sorted((call.id, call.raw) for call in again) == sorted((call.id, call.raw) for call in first)
    assert await states(service) == [("raised", "sent")] * 3
    assert [len(delivery["attempts"]) for delivery in await service.deliveries()] == [2, 2, 2]


async def test_of_an_alert_the_newest_is_sent_again_alone(service: NotificationsService, receiver: Receiver) -> None:
    await connect(service, receiver)
    lag = an_episode()
    await service.handle(lag.fell_behind())
    await service.sender().send_due()
    await service.handle(lag.recovered())
    await service.sender().send_due()
    assert await ask_for_the_day(service) == {"deliveries": 1, "messages": 1}
    await service.sender().send_due()
    assert [call.body["type"].split(".")[2] for call in receiver.calls] == ["raised", "resolved", "resolved"]


async def test_a_replay_that_fails_is_tried_again_by_the_delays_from_the_first(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    await ask_for_the_day(service)
    receiver.answers = [web.Response(status=503)]
    await service.sender().send_due()
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["sent_at"]) == ("pending", None)
    assert datetime.fromisoformat(delivery["next_attempt_at"]) == service.clock.now() + timedelta(seconds=5)
    service.advance(seconds=5)
    await service.sender().send_due()
    assert await states(service) == [("raised", "sent")]
    assert len({call.id for call in receiver.calls}) == 1


async def test_only_what_was_queued_for_the_route_in_the_time_is_sent_again(
    service: NotificationsService, receiver: Receiver
) -> None:
    await connect(service, receiver)
    await service.put_route("else", "http://127.0.0.1:9/hook")
    await service.handle(alone().fell_behind())
    await service.sender().send_due()
    [queued, *_] = [datetime.fromisoformat(each["queued_at"]) for each in await service.deliveries()]
    hour = timedelta(hours=1)
    assert (await ask(service, queued - hour, queued)).json()["deliveries"] == 0
    assert (await ask(service, queued + timedelta(microseconds=1), queued + hour)).json()["deliveries"] == 0
    assert (await ask(service, queued, queued + timedelta(microseconds=1))).json()["deliveries"] == 1
    assert (await ask(service, queued - hour, queued + hour)).json()["deliveries"] == 0


async def test_a_replay_that_cannot_be_is_refused_with_the_field_or_the_reason(
    service: NotificationsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, day = service.clock.now(), timedelta(days=1)
    await service.put_route("ops", "ops@example.org")
    for since, before in ((now, now), (now - 31 * day, now + timedelta(seconds=1))):
        refused = await ask(service, since, before)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/to")
    body = {"route": "ops", "from": "2025-10-25T00:00:00", "to": now.isoformat()}
    unclear = await service.client.post("/v1/deliveries/replay", json=body)
    assert (unclear.status_code, unclear.json()["errors"][0]["pointer"]) == (422, "/from")
    assert (await ask(service, now - day, now, route="nowhere")).json()["type"].endswith("no-such-route")
    await service.handle(alone().fell_behind())
    await service.sender().send_due()
    monkeypatch.setattr(replays, "MOST_REPLAYED", 0)
    too_many = await ask(service, now - day, now + day)
    assert (too_many.status_code, too_many.json()["errors"][0]["pointer"]) == (422, "/to")
    assert await states(service) == [("raised", "sent")]
    await service.execute("UPDATE routes SET disabled_at = now(), disabled_reason = 'gone'")
    assert (await ask(service, now - day, now + day)).status_code == 409


async def test_a_replay_of_too_much_changes_no_more_than_shows_it(
    service: NotificationsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.put_route("ops", "ops@example.org")
    await service.handle(*(alone().fell_behind() for _ in range(3)))
    await service.sender().send_due()
    monkeypatch.setattr(replays, "MOST_REPLAYED", 0)
    now, day = service.clock.now(), timedelta(days=1)
    changed = text("SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'")
    async with service.runtime.database.write() as work:
        before = (await work.scalars(changed)).one()
        with pytest.raises(Invalid, match="give an earlier time"):
            await replays.replay(work, service.context(), replays.Replay("ops", now - day, now + day))
        assert (await work.scalars(changed)).one() - before == 1

"""A digest is told once for each of its times, however many workers run, and whatever befalls them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from notifications.digests.runner import Digests
from services.persistence.database import Database
from tests.notifications.channels.mail.test_send import a_mail_receiver, text_of
from tests.notifications.digests.steps import (
    DIRECTOR,
    clock_looks,
    digests,
    previewed,
    put_digest,
    put_director,
    wait_until,
)
from tests.notifications.service import MakeService, NotificationsService

WORKERS = 5


async def due(service: NotificationsService) -> None:
    """Wait until the next digest is due."""
    [shown] = (await service.client.get("/v1/digests")).json()["items"]
    wait_until(service, shown["next_at"])


async def a_digest(make_service: MakeService, port: int) -> NotificationsService:
    """A service with a digest."""
    service = await make_service(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Drive <drive@bhxh.example>")
    await put_director(service, language="en")
    await put_digest(service)
    return service


async def test_workers_who_race_tell_it_once(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_digest(make_service, receiver.port)
        databases = [Database(service.runtime.database.url, pool_size=4) for _ in range(WORKERS)]
        for _ in range(3):
            await due(service)
            workers = [Digests(database, service.clock, lambda: None) for database in databases]
            told = await asyncio.gather(*(worker.tell("thanh-hoa") for worker in workers))
            assert sum(told) == 1
            await asyncio.gather(*(service.sender().send_due() for _ in range(2)))
        for database in databases:
            await database.close()
    assert len(receiver.mails) == 3
    assert [(each["state"], each["digest_name"]) for each in await digests(service)] == [("sent", "thanh-hoa")] * 3


async def test_after_weeks_without_a_worker_there_is_one_for_all_the_time(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_digest(make_service, receiver.port)
        await due(service)
        await clock_looks(service)
        await service.sender().send_due()
        until = datetime.fromisoformat((await service.query("SELECT digest ->> 'until' AS at FROM deliveries"))[0].at)
        service.advance(days=20, hours=5)
        await clock_looks(service)
        await service.sender().send_due()
        await clock_looks(service)
    assert len(receiver.mails) == 2
    rows = await service.query("SELECT digest FROM deliveries ORDER BY digest_due_at")
    assert datetime.fromisoformat(rows[1].digest["since"]) == until
    assert datetime.fromisoformat(rows[1].digest["until"]) == service.clock.now()


async def test_one_that_could_not_be_sent_gives_way_to_the_next_which_covers_its_time_too(
    make_service: MakeService,
) -> None:
    async with a_mail_receiver() as receiver:
        receiver.answers = ["451 later"] * 20
        service = await a_digest(make_service, receiver.port)
        first = await previewed(service)
        await due(service)
        await clock_looks(service)
        await service.sender().send_due()
        await due(service)
        await clock_looks(service)
        receiver.answers = []
        service.advance(hours=1)
        await service.sender().send_due()
    assert len(receiver.mails) == 1
    assert [each["state"] for each in await digests(service)] == ["superseded", "sent"]
    old, new = await digests(service)
    assert old["last_error"] == "overtaken by a newer digest before it was sent"
    [row] = await service.query("SELECT digest ->> 'since' AS at FROM deliveries WHERE state = 'sent'")
    assert datetime.fromisoformat(row.at) < datetime.fromisoformat(first["until"])
    refused = await service.client.post(f"/v1/deliveries/{old['id']}/retry")
    assert (refused.status_code, refused.json()["type"]) == (409, "http://test/problems/not-retriable")
    assert new["attempts"][-1]["outcome"] == "sent"


async def test_one_whose_mail_may_have_gone_out_waits_for_a_person_and_is_not_covered_twice(
    make_service: MakeService,
) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_digest(make_service, receiver.port)
        await due(service)
        await clock_looks(service)
        [message] = await service.claim()  # and the sender dies
        service.advance(minutes=10)
        assert await service.sender().send_due() == 0
        assert [each["state"] for each in await digests(service)] == ["unconfirmed"]
        answer = await service.client.post(f"/v1/deliveries/{message.id}/retry")
        assert answer.status_code == 202
        assert await service.sender().send_due() == 1
    assert len(receiver.mails) == 1


async def test_a_disabled_route_gets_none_and_the_next_covers_that_time_too(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_digest(make_service, receiver.port)
        await due(service)
        await clock_looks(service)
        await service.sender().send_due()
        await service.execute("UPDATE routes SET disabled_at = now(), disabled_reason = 'gone'")
        await due(service)
        await clock_looks(service)
        assert len(await digests(service)) == 1
        await put_director(service, language="en")
        await due(service)
        await clock_looks(service)
        await service.sender().send_due()
    rows = await service.query("SELECT digest FROM deliveries ORDER BY digest_due_at")
    assert rows[1].digest["since"] == rows[0].digest["until"]
    assert len(receiver.mails) == 2


async def test_the_hours_of_its_route_do_not_hold_it_up(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_digest(make_service, receiver.port)
        await due(service)
        night = {"from": "22:00", "to": "23:00", "holidays": True}
        await put_director(service, hours=night)
        await clock_looks(service)
        assert await service.sender().send_due() == 1
    assert len(receiver.mails) == 1


async def test_it_is_sent_again_by_a_replay_under_the_same_id_but_only_the_newest(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_digest(make_service, receiver.port)
        begun = service.clock.now()
        for _ in range(2):
            await due(service)
            await clock_looks(service)
            await service.sender().send_due()
        window = {"from": begun.isoformat(), "to": (service.clock.now() + timedelta(hours=1)).isoformat()}
        answer = await service.client.post("/v1/deliveries/replay", json={"route": DIRECTOR, **window})
        assert answer.json() == {"deliveries": 1, "messages": 1}
        await service.sender().send_due()
    assert [mail["message-id"] for mail in receiver.mails[1:]] == [receiver.mails[1]["message-id"]] * 2


async def test_one_that_cannot_be_made_holds_up_no_other(service: NotificationsService) -> None:
    await put_director(service)
    await put_digest(service, "a")
    await put_digest(service, "b")
    wait_until(service, (await service.client.get("/v1/digests")).json()["items"][0]["next_at"])
    await service.execute("UPDATE digests SET at = 'noon' WHERE name = 'a'")
    await clock_looks(service)
    assert [each["digest_name"] for each in await digests(service)] == ["b"]
    await service.execute("UPDATE digests SET at = '07:30' WHERE name = 'a'")
    await clock_looks(service)
    assert [each["digest_name"] for each in await digests(service)] == ["b", "a"]


async def test_where_the_day_is_pinned_it_comes_once_on_that_day(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{receiver.port}")
        service.clock.pin(datetime(2025, 10, 27).date())  # noqa: DTZ001 - a day
        await put_director(service, language="en")
        await put_digest(service, at="00:00")
        assert await digests(service) == []
        service.clock.pin(datetime(2025, 10, 28).date())  # noqa: DTZ001 - a day
        for _ in range(2):
            await clock_looks(service)
            await service.sender().send_due()
    [mail] = receiver.mails
    assert "to 2025-10-28" in " ".join(text_of(mail).split())

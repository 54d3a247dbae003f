"""Chat messages through Apprise to a real HTTP target: what arrives, what comes of it, what is shown of the address."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import structlog
from aiohttp import web

from notifications.channels.chat.send import of_failure
from notifications.channels.child import ChildFailed
from notifications.domain.delivery import Unconfirmed
from tests.notifications.channels.chat.target import a_target
from tests.notifications.service import MakeService, NotificationsService, an_episode


async def put_chat(service: NotificationsService, address: str, **more: Any) -> dict[str, Any]:
    """A chat route."""
    return await service.put_route("ops", address, channel="chat", **more)


async def test_an_alert_arrives_as_a_title_and_a_few_lines_in_the_language_of_the_route(
    service: NotificationsService,
) -> None:
    async with a_target() as target:
        await put_chat(service, target.url)
        await service.handle(an_episode().fell_behind(severity="critical"))
        await service.sender().send_due()
    [body] = target.bodies
    assert body["title"] == "[CRITICAL] Xã Cẩm Thạch: đạt 6,2%, cần đạt 27% (BHYT hộ gia đình, tỷ lệ bao phủ)"
    assert "Còn thiếu: 1.187 người so với tiến độ" in body["message"].splitlines()
    assert body["type"] == "failure"
    [delivery] = await service.deliveries()
    assert delivery["state"] == "sent"


async def test_the_end_of_an_alert_is_told_as_a_success_in_english(service: NotificationsService) -> None:
    async with a_target() as target:
        await put_chat(service, target.url, language="en")
        episode = an_episode()
        await service.handle(episode.fell_behind())
        await service.sender().send_due()
        await service.handle(episode.recovered())
        await service.sender().send_due()
    assert [body["type"] for body in target.bodies] == ["warning", "success"]
    assert target.bodies[1]["title"].startswith("[RESOLVED] Xã Cẩm Thạch: caught up")


async def test_the_address_is_sealed_at_rest_and_shown_nowhere(service: NotificationsService) -> None:
    async with a_target() as target:
        with structlog.testing.capture_logs() as logs:
            put = await put_chat(service, target.url)
            target.answers = [web.Response(status=500, text="s3cret")]
            await service.handle(an_episode().fell_behind())
            await service.sender().send_due()
    listed = await service.client.get("/v1/routes")
    deliveries = await service.client.get("/v1/deliveries")
    rows = await service.query("SELECT routes::text AS r FROM routes UNION ALL SELECT deliveries::text FROM deliveries")
    for text in (str(put), listed.text, deliveries.text, str(logs), *(row.r for row in rows)):
        assert "s3cret" not in text
        assert "t0ken" not in text
        assert "127.0.0.1" not in text
    assert (put["address"], "secret" in put) == ("json://…", False)


@pytest.mark.parametrize(
    ("answer", "state", "detail"),
    [
        (web.Response(status=500), "pending", "HTTP 500"),
        (web.Response(status=404), "pending", "HTTP 404"),
        (web.Response(status=410), "failed", "HTTP 410: the receiver is gone"),
        (None, "unconfirmed", "no answer after the message was sent: it may have gone out"),
    ],
)
async def test_a_failure_is_tried_again_unless_it_is_final_or_the_message_may_have_gone_out(
    service: NotificationsService, answer: web.Response | None, state: str, detail: str
) -> None:
    async with a_target() as target:
        target.answers = [answer]
        await put_chat(service, target.url)
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["last_error"]) == (state, detail)


async def test_an_answer_without_end_takes_no_more_memory_than_a_message_may(service: NotificationsService) -> None:
    sent = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        with suppress(ConnectionError):
            while sent < 1000:
                writer.write(bytes(1_000_000))
                await writer.drain()
                sent += 1
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        await put_chat(service, f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    [delivery] = await service.deliveries()
    assert sent < 500
    assert (delivery["state"], delivery["last_error"][:9]) == ("unconfirmed", "no answer")


def test_of_an_error_of_the_library_its_kind_alone_is_told() -> None:
    outcome = of_failure(ChildFailed("requests.exceptions.InvalidURL: https://api.telegram.org/bot123:t0ken/send"))
    assert outcome == Unconfirmed("Apprise failed, and the message may have gone out: requests.exceptions.InvalidURL")


async def test_nobody_there_is_tried_again(service: NotificationsService) -> None:
    async with a_target() as target:
        address = target.url
    await put_chat(service, address)
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["attempts"][0]["outcome"]) == ("pending", "retry")


async def test_a_redirect_is_not_followed(service: NotificationsService) -> None:
    async with a_target() as target, a_target() as other:
        target.answers = [web.Response(status=307, headers={"Location": f"http://127.0.0.1:{other.port}/t0ken"})]
        await put_chat(service, f"{target.url}?redirect=yes")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        assert len(target.bodies) == 1
        assert other.bodies == []
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["last_error"][:8]) == ("failed", "HTTP 307")


async def test_an_address_outside_of_what_may_be_called_gets_nothing_though_it_was_put_before(
    make_service: MakeService,
) -> None:
    """As after DRIVE_WEBHOOK_ALLOW was narrowed, or where a name leads elsewhere now."""
    async with a_target() as target:
        before = await make_service()
        await put_chat(before, target.url)
        await before.handle(an_episode().fell_behind())
        narrowed = before.runtime.settings.model_copy(update={"webhook_allow": ()})
        object.__setattr__(before.runtime, "settings", narrowed)
        await before.sender().send_due()
        assert target.bodies == []
    [delivery] = await before.deliveries()
    assert (delivery["state"], delivery["last_error"]) == ("failed", "the address leads to none that may be called")


async def test_the_same_route_put_anew_sends_to_its_new_address(service: NotificationsService) -> None:
    async with a_target() as one, a_target() as other:
        await put_chat(service, one.url)
        await put_chat(service, other.url)
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    assert (len(one.bodies), len(other.bodies)) == (0, 1)


async def test_a_message_of_many_alerts_names_the_gravest_and_how_many_more(service: NotificationsService) -> None:
    async with a_target() as target:
        await put_chat(service, target.url)
        await service.handle_batch([an_episode(unit_name=f"Xã {n}").fell_behind() for n in range(12)])
        await service.sender().send_due()
    [body] = target.bodies
    lines = body["message"].splitlines()
    assert "12 cảnh báo" in body["title"]
    assert (len(lines), lines[-1]) == (11, "và 2 cảnh báo khác.")


async def test_a_receiver_is_another_one_where_the_hidden_part_of_its_address_is(service: NotificationsService) -> None:
    async with a_target() as target:
        await put_chat(service, target.url)
        target.answers = [web.Response(status=500)]
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        seen = []
        for address in (target.url, target.url.replace("s3cret", "other")):
            await put_chat(service, address)
            seen.append((await service.client.get("/v1/routes")).json()["items"][0]["receiver"]["state"])
    assert seen == ["failing", "untried"]

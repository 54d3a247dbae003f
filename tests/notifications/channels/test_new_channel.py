"""What a new channel needs: a ChannelKind and its line in CHANNELS, and no migration."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from notifications.channels.kind import ChannelEnvironment, ChannelKind, Send
from notifications.channels.registry import CHANNELS
from notifications.domain.delivery import Outcome, Sent
from notifications.messages.outgoing_message import OutgoingMessage
from services.errors import Invalid
from services.settings import Settings
from tests.notifications.service import NotificationsService, an_episode

NAMES = ["webhook", "mail", "chat", "alertmanager", "alertmanager_webhook", "line"]


async def check_address(address: str, _: Settings) -> None:
    """A host and a port."""
    if ":" not in address:
        raise Invalid.field("/address", "give HOST:PORT")


async def send(message: OutgoingMessage) -> Outcome:
    """One line over TCP."""
    host, _, port = message.address.partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.writelines(f"{each.change}: {each.alert.unit_name}\n".encode() for each in message.notices)
    await writer.drain()
    writer.close()
    return Sent("a line was written")


@asynccontextmanager
async def open_lines(_: ChannelEnvironment) -> AsyncIterator[Send]:
    """Opens nothing in advance."""
    yield send


@pytest.fixture
def line_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line in CHANNELS."""
    monkeypatch.setitem(CHANNELS, "line", ChannelKind(check_address=check_address, open=open_lines))


@asynccontextmanager
async def a_line_receiver() -> AsyncIterator[tuple[str, asyncio.Queue[str]]]:
    """Its address, and the lines that arrive."""
    lines: asyncio.Queue[str] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.put_nowait((await reader.readline()).decode().strip())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", lines


@pytest.mark.usefixtures("line_channel")
async def test_an_alert_arrives_through_a_new_channel(service: NotificationsService) -> None:
    async with a_line_receiver() as (address, lines):
        await service.put_route("ops", address, channel="line")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        async with asyncio.timeout(10):
            assert await lines.get() == "raised: Xã Cẩm Thạch"
    [delivery] = await service.deliveries()
    assert (delivery["channel"], delivery["state"]) == ("line", "sent")
    assert (await service.client.get("/v1/routes")).json()["items"][0]["channel"] == "line"


@pytest.mark.usefixtures("line_channel")
async def test_a_new_channel_that_does_not_sign_has_no_secret_to_rotate(service: NotificationsService) -> None:
    assert "secret" not in await service.put_route("ops", "127.0.0.1:9", channel="line")
    assert (await service.client.post("/v1/routes/ops/secrets")).status_code == 409


@pytest.mark.usefixtures("line_channel")
async def test_a_new_channel_checks_its_addresses_and_is_documented(service: NotificationsService) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "line", "address": "nowhere"})
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/address", "detail": "give HOST:PORT"}])
    schemas = (await service.client.get("/openapi.json")).json()["components"]["schemas"]
    for name in ("RouteBody", "RouteAnswer", "ListedRoute", "DeliveryView"):
        assert schemas[name]["properties"]["channel"]["enum"] == NAMES


async def test_an_unknown_channel_is_refused_with_the_known_ones_named(service: NotificationsService) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "line", "address": "127.0.0.1:9"})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/channel")
    assert "webhook, mail, chat, alertmanager" in error["detail"]


async def test_a_worker_that_does_not_know_a_channel_leaves_its_deliveries_for_later(
    service: NotificationsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a new version is rolled out."""
    await service.put_route("ops", "ops@example.org")
    await service.handle(an_episode().fell_behind())
    with monkeypatch.context() as patched:
        for name in reversed(list(CHANNELS)):  # all of them, from the last one on: so they come back in their order
            patched.delitem(CHANNELS, name)
        await service.sender().send_due()
        [waiting] = await service.deliveries()
    assert (waiting["state"], waiting["last_error"]) == ("pending", "this worker has no channel mail")
    service.advance(seconds=5)
    await service.sender().send_due()
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent"]

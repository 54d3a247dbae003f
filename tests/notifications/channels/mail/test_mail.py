"""Mail: readable, sent once, and never sent again by itself where nobody knows whether it went out."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.deliveries.store import Capacity
from notifications.deliveries.usecases import claim
from tests.notifications.service import House, MakeHouse, an_episode


@dataclass
class Postbox:
    """A mail server's handler: `answers` to DATA are used up one by one, then it takes everything."""

    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    letters: list[EmailMessage] = field(default_factory=list)
    hangs_up: bool = False
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether there is such a mailbox."""
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the letter, or do not."""
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.letters.append(email.message_from_bytes(content, EmailMessage, policy=email.policy.default))
        return answer


@asynccontextmanager
async def a_postbox() -> AsyncIterator[Postbox]:
    """A mail server on a real port."""
    postbox = Postbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(postbox), "127.0.0.1", 0)
    postbox.port = server.sockets[0].getsockname()[1]
    try:
        yield postbox
    finally:
        server.close()


async def a_mail_house(make_house: MakeHouse, postbox: Postbox, **settings: Any) -> House:
    """A house whose one route is a mail address."""
    url = f"smtp://127.0.0.1:{postbox.port}"
    house: House = await make_house(smtp_url=url, mail_from="Drive <drive@bhxh.example>", **settings)
    await house.put_route("ops", "ops@example.org")
    return house


async def test_a_letter_tells_what_lags_and_what_is_needed(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        house = await a_mail_house(make_house, postbox)
        await house.hear(an_episode().fell_behind(severity="critical"))
        assert await house.loop().send_due() == 1
    [letter] = postbox.letters
    [delivery] = await house.deliveries()
    assert letter["subject"] == (
        "[CRITICAL] Xã Cẩm Thạch: 6.2% of the way, 27% expected (household health insurance, coverage)"
    )
    assert letter["to"] == "ops@example.org"
    assert letter["message-id"] == f"<{delivery['id']}@bhxh.example>"
    text = letter.get_content()
    needed = "79.9 persons a working day"
    for part in ("Xã Cẩm Thạch (15142)", "95.15%", "75.12%", needed, "critical", "2025-10-26 09:30"):
        assert part in text
    assert f'POST /v1/alerts/{delivery["alert_id"]}/acknowledgement {{"version": 1}}' in text
    assert (delivery["state"], delivery["attempts"][0]["detail"]) == ("sent", "SMTP 250: taken")


async def test_a_mail_that_may_pass_later_is_repeated_with_the_same_message_id(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        postbox.answers = ["451 come again"]
        house = await a_mail_house(make_house, postbox)
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
        [delivery] = await house.deliveries(state="pending")
        assert delivery["last_error"] == "text: SMTP 451: come again"
        house.advance(seconds=5)
        await house.loop().send_due()
    [letter] = postbox.letters
    assert str(letter["message-id"]).startswith(f"<{delivery['id']}@")


async def test_a_mailbox_that_does_not_exist_is_given_up_at_once(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        postbox.refused = {"ops@example.org"}
        house = await a_mail_house(make_house, postbox)
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
    [delivery] = await house.deliveries(state="failed")
    assert delivery["last_error"] == "RCPT: SMTP 550: no such mailbox"


async def test_a_mail_server_that_is_away_is_called_again(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        house = await a_mail_house(make_house, postbox)
    await house.hear(an_episode().fell_behind())
    await house.loop().send_due()
    [delivery] = await house.deliveries()
    assert (delivery["state"], delivery["attempts"][0]["outcome"]) == ("pending", "retry")


async def test_a_connection_that_breaks_before_the_answer_leaves_the_mail_unconfirmed(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        postbox.hangs_up = True
        house = await a_mail_house(make_house, postbox)
        await house.hear(an_episode().fell_behind())
        await house.loop().send_due()
        assert len(await house.deliveries(state="unconfirmed")) == 1


async def test_a_mail_whose_sender_died_waits_for_a_person(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        house = await a_mail_house(make_house, postbox)
        await house.hear(an_episode().fell_behind())
        [message] = await claim(house.runtime.database, Capacity(20, 4, {}), house.clock.now())
        refused = await house.client.post(f"/v1/deliveries/{message.id}/retry")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:drive:problem:not-retriable")
        house.advance(days=10)
        assert await house.loop().send_due() == 0
        [delivery] = await house.deliveries(state="unconfirmed")
        assert "may have gone out" in delivery["last_error"]
        assert postbox.letters == []
        answer = await house.client.post(f"/v1/deliveries/{message.id}/retry")
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        assert await house.loop().send_due() == 1
    assert len(postbox.letters) == 1
    assert [delivery["state"] for delivery in await house.deliveries()] == ["sent"]


async def test_without_a_mail_server_the_letter_lies_in_the_outbox_folder(
    make_house: MakeHouse, tmp_path: Path
) -> None:
    house = await make_house(smtp_url=None)
    await house.put_route("ops", "ops@example.org")
    lag = an_episode()
    await house.hear(lag.fell_behind())
    assert await house.loop().send_due() == 1
    await house.hear(lag.recovered())
    assert await house.loop().send_due() == 1
    names = {f"{delivery['id']}.eml" for delivery in await house.deliveries()}
    files = list((tmp_path / "outbox").iterdir())
    assert {file.name for file in files} == names
    letters = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    assert sorted(str(letter["subject"]).split("]")[0] for letter in letters) == ["[RESOLVED", "[WARNING"]
    assert all("Xã Cẩm Thạch" in str(letter["subject"]) for letter in letters)


async def test_a_name_with_a_line_break_cannot_add_a_header(make_house: MakeHouse) -> None:
    async with a_postbox() as postbox:
        house = await a_mail_house(make_house, postbox)
        await house.hear(an_episode(unit_name="Xã A\r\nBcc: all@example.org").fell_behind())
        await house.loop().send_due()
    [letter] = postbox.letters
    assert letter["bcc"] is None
    assert "Xã A Bcc: all@example.org" in str(letter["subject"])


async def test_an_unknown_delivery_cannot_be_retried(house: House) -> None:
    answer = await house.client.post("/v1/deliveries/00000000-0000-7000-8000-000000000000/retry")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:drive:problem:no-such-delivery")


async def test_deliveries_of_one_alert_can_be_asked_for_page_by_page(make_house: MakeHouse) -> None:
    house = await make_house(smtp_url=None)
    await house.put_route("a", "a@example.org")
    await house.put_route("b", "b@example.org")
    await house.hear(an_episode().fell_behind(), an_episode().fell_behind())
    alert = (await house.alerts())[0]["id"]
    both = await house.deliveries(alert_id=alert)
    assert {delivery["alert_id"] for delivery in both} == {alert}
    page = (await house.client.get("/v1/deliveries", params={"alert_id": alert, "limit": 1})).json()
    rest = await house.deliveries(alert_id=alert, limit=1, after=page["next"])
    assert [page["items"][0]["id"], rest[0]["id"]] == [delivery["id"] for delivery in both[::-1]]

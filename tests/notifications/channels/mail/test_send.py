"""Mail: readable, sent once, and never sent again automatically where it may have gone out."""

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

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.smtp import a_scripted_server


@dataclass
class MailReceiver:
    """A mail server's handler: `answers` to DATA are used up one by one, then it takes everything."""

    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    mails: list[EmailMessage] = field(default_factory=list)
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
        """Take the mail, or do not."""
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(email.message_from_bytes(content, EmailMessage, policy=email.policy.default))
        return answer


def text_of(mail: EmailMessage) -> str:
    """Of the part that is plain text."""
    part = mail.get_body(("plain",))
    assert part
    return str(part.get_content())


@asynccontextmanager
async def a_mail_receiver(port: int = 0) -> AsyncIterator[MailReceiver]:
    """A mail server on a real port."""
    receiver = MailReceiver()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(receiver), "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


async def a_service_with_mail(
    make_service: MakeService, receiver: MailReceiver, **settings: Any
) -> NotificationsService:
    """A service whose one route is a mail address."""
    url = f"smtp://127.0.0.1:{receiver.port}"
    service: NotificationsService = await make_service(smtp_url=url, mail_from="Drive <drive@bhxh.example>", **settings)
    await service.put_route("ops", "ops@example.org", language="en")
    return service


async def test_a_mail_says_what_lags_and_what_is_needed(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode().fell_behind(severity="critical"))
        assert await service.sender().send_due() == 1
    [mail] = receiver.mails
    [delivery] = await service.deliveries()
    assert mail["subject"] == (
        "[CRITICAL] Xã Cẩm Thạch: 6.2% of the way, 27% expected (household health insurance, coverage)"
    )
    assert mail["to"] == "ops@example.org"
    assert mail["message-id"] == f"<{delivery['id']}@bhxh.example>"
    text = text_of(mail)
    needed = "79.9 persons a day"
    for part in ("Xã Cẩm Thạch (15142)", "95.15%", "75.12%", needed, "critical", "2025-10-26 09:30"):
        assert part in text
    assert f'POST /v1/alerts/{delivery["alert_id"]}/acknowledgement {{"version": 1}}' in text
    assert (delivery["state"], delivery["attempts"][0]["detail"]) == ("sent", "SMTP 250: taken")


async def test_a_mail_says_that_the_target_was_withdrawn(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
        episode = an_episode()
        await service.handle(episode.fell_behind())
        await service.sender().send_due()
        await service.handle(episode.withdrawn())
        await service.sender().send_due()
    mail = receiver.mails[1]
    assert mail["subject"] == ("[RESOLVED] Xã Cẩm Thạch: target withdrawn (household health insurance, coverage)")
    opening = "Xã Cẩm Thạch: the target was withdrawn. Nothing more is to be done about this alert."
    assert " ".join(text_of(mail).split()).startswith(opening)


async def test_the_mail_of_a_recovery_has_the_figures_of_the_recovery_and_belongs_to_those_before(
    make_service: MakeService,
) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
        lag = an_episode()
        for event in (lag.fell_behind(), lag.worsened()):
            await service.handle(event)
            await service.sender().send_due()
        recovered = lag.recovered()
        figures = recovered.data.figures.model_copy(update={"attained": 0.41, "expected": 0.4, "short_by": 0})
        await service.handle(
            recovered.model_copy(update={"data": recovered.data.model_copy(update={"figures": figures})})
        )
        await service.sender().send_due()
    raised, worsened, resolved = receiver.mails
    assert str(resolved["subject"]).startswith("[RESOLVED] Xã Cẩm Thạch: caught up, 41% of the way")
    assert "41% of the way to the target; 40% was expected" in " ".join(text_of(resolved).split())
    assert worsened["in-reply-to"] == raised["message-id"]
    assert str(resolved["references"]).split() == [raised["message-id"], worsened["message-id"]]
    assert resolved["in-reply-to"] == worsened["message-id"]


async def test_a_mail_that_may_pass_later_is_repeated_with_the_same_message_id(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        receiver.answers = ["451 come again"]
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        [delivery] = await service.deliveries(state="pending")
        assert delivery["last_error"] == "text: SMTP 451: come again"
        service.advance(seconds=5)
        await service.sender().send_due()
    [mail] = receiver.mails
    assert str(mail["message-id"]).startswith(f"<{delivery['id']}@")


async def test_a_mailbox_that_does_not_exist_is_given_up_at_once(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        receiver.refused = {"ops@example.org"}
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    [delivery] = await service.deliveries(state="failed")
    assert delivery["last_error"] == "RCPT: SMTP 550: no such mailbox"


async def test_a_mail_server_that_is_away_is_called_again(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
    await service.handle(an_episode().fell_behind())
    await service.sender().send_due()
    [delivery] = await service.deliveries()
    assert (delivery["state"], delivery["attempts"][0]["outcome"]) == ("pending", "retry")


async def test_a_connection_that_breaks_before_the_answer_leaves_the_mail_unconfirmed(
    make_service: MakeService,
) -> None:
    async with a_mail_receiver() as receiver:
        receiver.hangs_up = True
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
        assert len(await service.deliveries(state="unconfirmed")) == 1


async def test_a_mail_whose_sender_died_waits_for_a_person(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode().fell_behind())
        [message] = await service.claim()
        refused = await service.client.post(f"/v1/deliveries/{message.id}/retry")
        assert (refused.status_code, refused.json()["type"]) == (409, "http://test/problems/not-retriable")
        service.advance(days=10)
        assert await service.sender().send_due() == 0
        [delivery] = await service.deliveries(state="unconfirmed")
        assert "may have gone out" in delivery["last_error"]
        assert receiver.mails == []
        answer = await service.client.post(f"/v1/deliveries/{message.id}/retry")
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        assert await service.sender().send_due() == 1
    assert len(receiver.mails) == 1
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent"]


async def test_without_a_mail_server_the_mail_is_written_to_the_outbox_folder(
    make_service: MakeService, tmp_path: Path
) -> None:
    service = await make_service(smtp_url=None)
    await service.put_route("ops", "ops@example.org")
    lag = an_episode()
    await service.handle(lag.fell_behind())
    assert await service.sender().send_due() == 1
    await service.handle(lag.recovered())
    assert await service.sender().send_due() == 1
    names = {f"{delivery['id']}.eml" for delivery in await service.deliveries()}
    files = list((tmp_path / "outbox").iterdir())
    assert {file.name for file in files} == names
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    assert sorted(str(mail["subject"]).split("]")[0] for mail in mails) == ["[RESOLVED", "[WARNING"]
    assert all("Xã Cẩm Thạch" in str(mail["subject"]) for mail in mails)


async def test_a_name_with_a_line_break_cannot_add_a_header(make_service: MakeService) -> None:
    async with a_mail_receiver() as receiver:
        service = await a_service_with_mail(make_service, receiver)
        await service.handle(an_episode(unit_name="Xã A\r\nBcc: all@example.org").fell_behind())
        await service.sender().send_due()
    [mail] = receiver.mails
    assert mail["bcc"] is None
    assert "Xã A Bcc: all@example.org" in str(mail["subject"])


async def test_an_unknown_delivery_cannot_be_retried(service: NotificationsService) -> None:
    answer = await service.client.post("/v1/deliveries/00000000-0000-7000-8000-000000000000/retry")
    assert (answer.status_code, answer.json()["type"]) == (404, "http://test/problems/no-such-delivery")


async def test_deliveries_of_one_alert_can_be_asked_for_page_by_page(make_service: MakeService) -> None:
    service = await make_service(smtp_url=None)
    await service.put_route("a", "a@example.org")
    await service.put_route("b", "b@example.org")
    await service.handle(an_episode().fell_behind(), an_episode().fell_behind())
    alert = (await service.alerts())[0]["id"]
    both = await service.deliveries(alert_id=alert)
    assert {delivery["alert_id"] for delivery in both} == {alert}
    page = (await service.client.get("/v1/deliveries", params={"alert_id": alert, "limit": 1})).json()
    rest = await service.deliveries(alert_id=alert, limit=1, after=page["next"])
    assert [page["items"][0]["id"], rest[0]["id"]] == [delivery["id"] for delivery in both[::-1]]


@pytest.mark.parametrize(("command", "code", "state"), [("text", 250, "sent"), ("RCPT", 550, "failed")])
async def test_an_answer_in_another_encoding_or_without_end_is_recorded_as_far_as_it_can_be_shown(
    make_service: MakeService, command: str, code: int, state: str
) -> None:
    """By a server that writes Latin-1, and a NUL."""
    answer = f"{code}-g\udcfcltig\0\r\n{code} " + "x" * 5000
    async with a_scripted_server({command: answer}) as server:
        service = await make_service(smtp_url=f"smtp://127.0.0.1:{server.port}")
        await service.put_route("ops", "ops@example.org")
        await service.handle(an_episode().fell_behind())
        await service.sender().send_due()
    [delivery] = await service.deliveries()
    [attempt] = delivery["attempts"]
    assert (delivery["state"], len(server.texts)) == (state, command == "text")
    assert f"SMTP {code}: g ltig xxx" in attempt["detail"]
    assert len(attempt["detail"]) < 1100

"""Each answer of a mail server at each command, and the outcome for the mail."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from notifications.channels.mail.compose import Sender
from notifications.channels.mail.rendering import Renderer
from notifications.channels.mail.smtp import SmtpMail, Timeouts
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, Unconfirmed
from notifications.domain.mail_server import Encryption, MailServer
from services.outages import Outage
from tests.notifications.outgoing_message import an_outgoing_message
from tests.support.connections import connections_to
from tests.support.smtp import HANG_UP, SILENCE, a_scripted_server
from tests.support.waiting import eventually

QUICK = Timeouts(answer=0.2, total=5, quit=0.2)
SESSION = ("greeting", "EHLO", "AUTH", "MAIL")
CASES: list[tuple[str, str, type[Outcome]]] = [
    *((command, answer, Retry) for command in SESSION for answer in ("421 later", "451 later", "550 no", "554 no")),
    *((command, what, Retry) for command in (*SESSION, "RCPT", "DATA") for what in (SILENCE, HANG_UP)),
    ("AUTH", "535 bad credentials", Retry),
    ("AUTH", "534 too weak", Retry),
    ("MAIL", "530 log in first", Retry),
    ("MAIL", "503 out of sequence", Retry),
    ("RCPT", "421 later", Retry),
    ("RCPT", "450 mailbox busy", Retry),
    ("RCPT", "452 too many", Retry),
    ("RCPT", "530 log in first", Retry),
    ("RCPT", "550 no such mailbox", Refused),
    ("RCPT", "553 bad mailbox", Refused),
    ("RCPT", "554 relay access denied", Refused),
    ("RCPT", "251 will forward", Sent),
    ("DATA", "421 later", Retry),
    ("DATA", "451 later", Retry),
    ("DATA", "530 log in first", Retry),
    ("DATA", "554 no valid recipients", Refused),
    ("text", "421 later", Retry),
    ("text", "452 disk full", Retry),
    ("text", "550 spam", Refused),
    ("text", "554 refused", Refused),
    ("text", "354 go on", Unconfirmed),
    ("text", "999 what?", Unconfirmed),
    ("text", "good morning", Unconfirmed),
    ("text", SILENCE, Unconfirmed),
    ("text", HANG_UP, Unconfirmed),
    ("text", "250 taken", Sent),
    ("QUIT", "500 what?", Sent),
    ("QUIT", SILENCE, Sent),
    ("QUIT", HANG_UP, Sent),
]


def _to(port: int) -> SmtpMail:
    return SmtpMail(MailServer("127.0.0.1", port), Sender("drive@bhxh.example"), Outage("mail"))


async def sent_to(
    answers: dict[str, str], timeouts: Timeouts = QUICK, encryption: Encryption = "none"
) -> tuple[Outcome, int]:
    """The outcome of an attempt, and how often the text arrived."""
    async with a_scripted_server(answers) as server:
        mail = SmtpMail(
            MailServer("127.0.0.1", server.port, "drive", "secret", encryption),
            Sender("drive@bhxh.example"),
            Outage("mail"),
            timeouts,
        )
        outcome = await mail.send(an_outgoing_message())
    return outcome, len(server.texts)


@pytest.mark.parametrize(("command", "answer", "kind"), CASES, ids=[f"{c}: {a}" for c, a, _ in CASES])
async def test_an_answer_at_a_command_has_this_outcome(command: str, answer: str, kind: type[Outcome]) -> None:
    outcome, texts = await sent_to({command: answer})
    assert type(outcome) is kind, outcome
    assert texts == (command in ("text", "QUIT") or kind is Sent)
    if answer[:3].isdigit() and not isinstance(outcome, Sent):
        assert answer[:3] in str(outcome)


@pytest.mark.parametrize("answer", ["220 go on", "454 not now", "554 no", SILENCE, HANG_UP])
async def test_encryption_that_is_offered_and_fails_is_tried_again_and_nothing_goes_out_in_the_clear(
    answer: str,
) -> None:
    answers = {"EHLO": "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN", "STARTTLS": answer}
    outcome, texts = await sent_to(answers, encryption="starttls")
    assert isinstance(outcome, Retry)
    assert texts == 0


async def test_the_session_is_ended_as_the_server_expects() -> None:
    async with a_scripted_server({}) as server:
        mail = _to(server.port)
        await mail.send(an_outgoing_message())
    assert server.commands == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_a_server_that_is_slow_at_every_answer_gets_the_mail_once() -> None:
    outcome, texts = await sent_to({"text": SILENCE}, Timeouts(answer=60, total=0.3))
    assert isinstance(outcome, Unconfirmed)
    assert texts == 1


async def test_a_total_time_that_ends_before_the_text_is_tried_again() -> None:
    outcome, texts = await sent_to({"RCPT": SILENCE}, Timeouts(answer=60, total=0.3))
    assert isinstance(outcome, Retry)
    assert texts == 0


async def test_a_mail_that_cannot_be_composed_is_refused_and_nothing_is_sent() -> None:
    async with a_scripted_server({}) as server:
        mail = _to(server.port)
        outcome = await mail.send(an_outgoing_message(alert=None))
    assert isinstance(outcome, Refused)
    assert "cannot be composed" in outcome.reason
    assert server.connections == 0


async def _read_until_the_text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for answer in ("220 ready", "250 here", "250 sender ok", "250 recipient ok", "354 go on"):
        writer.write(f"{answer}\r\n".encode())
        await reader.readline()


async def test_a_connection_that_nothing_is_read_from_is_ended_though_its_server_keeps_it(tmp_path: Path) -> None:
    long = "{{ 'x' * 100000 }}\n" * 35
    (tmp_path / "mail.txt").write_text(long)
    (tmp_path / "mail.html").write_text(long)
    sender = Sender("drive@bhxh.example", renderer=Renderer(tmp_path))
    server = await asyncio.start_server(_read_until_the_text, "127.0.0.1", 0, limit=1024)
    async with server:
        port = server.sockets[0].getsockname()[1]
        mail = SmtpMail(MailServer("127.0.0.1", port), sender, Outage("mail"), Timeouts(answer=0.5, total=5))
        outcome = await mail.send(an_outgoing_message())
        await eventually(partial(connections_to, port), [])
    assert isinstance(outcome, Unconfirmed)

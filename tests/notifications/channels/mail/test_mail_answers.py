"""Each answer of a mail server at each command, and what comes of the mail."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from typing import Any

import pytest

from notifications.channels.mail.compose import compose_mail, subject_of
from notifications.channels.mail.send import MailServer, OutboxMail, Patience, SmtpMail
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, Unconfirmed
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import OutgoingMessage
from services.ids import new_id
from tests.support.smtp import HANG_UP, SILENCE, a_scripted_server

QUICK = Patience(answer=0.2, total=5, goodbye=0.2)
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


def an_outgoing_message(
    unit_name: str = "Xã Cẩm Thạch", *, address: str = "ops@example.org", **more: Any
) -> OutgoingMessage:
    """The first delivery of an alert."""
    at = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    alert = AlertSnapshot.model_validate(
        {
            "id": new_id(),
            "status": "open",
            "severity": "critical",
            "subject": {"unit_code": "15142"},
            "path": ["38", "15142"],
            "unit_name": unit_name,
            "target_id": new_id(),
            "target_name": more.pop("target_name", None),
            "episode": 1,
            "scheme": "household_health",
            "measure": "coverage",
            "starts_on": "2025-10-01",
            "ends_on": "2025-12-31",
            "figures": {
                "on": "2025-10-26",
                "value": 0.9515,
                "achieved": 0.7512,
                "attained": 0.062,
                "expected": 0.27,
                "ratio": 0.23,
                "short_by": 1187,
                "needed_per_day": 79.9,
            },
            "raised_at": at,
            "acknowledged_at": None,
            "acknowledged_by": None,
            "resolved_at": None,
            "version": 1,
        }
    )
    values: dict[str, Any] = {
        "id": new_id(),
        "attempt": 1,
        "alert_version": 1,
        "route_name": "ops",
        "channel": "mail",
        "address": address,
        "secret": None,
        "previous_secret": None,
        "change": "raised",
        "alert": alert.model_dump(mode="json"),
        "queued_at": at,
        "leased_until": at,
    }
    return OutgoingMessage(**values | more)


async def sent_to(answers: dict[str, str], patience: Patience = QUICK) -> tuple[Outcome, int]:
    """What comes of a mail, and how often its text arrived."""
    async with a_scripted_server(answers) as server:
        mail = SmtpMail(
            MailServer("127.0.0.1", server.port, "drive", "secret", tls=False), "drive@bhxh.example", patience
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
    outcome, texts = await sent_to({"EHLO": "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN", "STARTTLS": answer})
    assert isinstance(outcome, Retry)
    assert texts == 0


async def test_the_session_is_ended_as_the_server_expects() -> None:
    async with a_scripted_server({}) as server:
        await SmtpMail(MailServer("127.0.0.1", server.port, None, None, tls=False), "drive@bhxh.example").send(
            an_outgoing_message()
        )
    assert server.commands == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


async def test_a_server_that_is_slow_at_every_answer_gets_the_mail_once() -> None:
    outcome, texts = await sent_to({"text": SILENCE}, Patience(answer=60, total=0.3))
    assert isinstance(outcome, Unconfirmed)
    assert texts == 1


async def test_a_total_time_that_ends_before_the_text_is_tried_again() -> None:
    outcome, texts = await sent_to({"RCPT": SILENCE}, Patience(answer=60, total=0.3))
    assert isinstance(outcome, Retry)
    assert texts == 0


async def test_a_mail_that_cannot_be_composed_is_refused_and_nothing_goes_out() -> None:
    broken = an_outgoing_message(alert={"id": "no alert"})
    async with a_scripted_server({}) as server:
        outcome = await SmtpMail(
            MailServer("127.0.0.1", server.port, None, None, tls=False), "drive@bhxh.example"
        ).send(broken)
    assert isinstance(outcome, Refused)
    assert "cannot be composed" in outcome.reason
    assert server.connections == 0


async def test_without_a_server_a_mail_that_cannot_be_composed_is_refused_too(tmp_path: Any) -> None:
    outcome = await OutboxMail(tmp_path, "drive@bhxh.example").send(an_outgoing_message(alert={}))
    assert isinstance(outcome, Refused)
    assert list(tmp_path.iterdir()) == []


NAMES = {
    "an encoded header": "=?utf-8?q?Xa_A=0D=0ABcc=3A_evil=40example.org=0D=0AX-Y=3A_1?=",
    "an encoded name in base64": "=?utf-8?b?WA0KQmNjOiBlQGV4YW1wbGUub3Jn?=",
    "a line break": "Xã A\r\nBcc: evil@example.org",
    "a lone carriage return": "Xã A\rBcc: evil@example.org",
    "Unicode's line separators": "Xã A\u2028Bcc: evil@example.org\u2029B\u0085C",
    "NUL and other control characters": "Xã\0 A\x0b\x1b B",
    "very long": "Xã Cẩm Thạch " * 70,
    "long without a space": "x" * 900,
    "quotes and brackets": 'Xã "A" <b@c>, (d); [e]:',
    "half a surrogate pair": "Xã \ud800",
}
EXPECTED = {"content-type", "mime-version", "content-transfer-encoding", "from", "to", "subject", "date", "message-id"}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_shown_as_it_is_and_adds_no_header(name: str) -> None:
    message = an_outgoing_message(
        name.encode(errors="replace").decode(), target_name=name.encode(errors="replace").decode()
    )
    raw = compose_mail(message, f"{name.split('<', maxsplit=1)[0][:50]} <drive@bhxh.example>").content
    head, _, _ = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    starts = [line.partition(b":")[0].decode().lower() for line in lines if line[:1] not in (b" ", b"\t")]
    assert sorted(starts) == sorted(EXPECTED | {"auto-submitted"})
    assert b"\r" not in head.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in lines)
    assert head.isascii()
    subject = str(make_header(decode_header(_unfolded(lines, b"subject"))))
    assert subject == subject_of(AlertSnapshot.model_validate(message.alert), "raised")
    assert _unfolded(lines, b"to") == "ops@example.org"
    shown = email.message_from_bytes(raw, policy=email.policy.default).get_content()
    assert not any(line.startswith(("Bcc", "evil")) for line in shown.splitlines())


def _unfolded(lines: list[bytes], name: bytes) -> str:
    """The value of a header as it stands on the wire, its lines joined (RFC 5322, 2.2.3)."""
    start = next(n for n, line in enumerate(lines) if line.lower().startswith(name + b":"))
    value = lines[start].partition(b":")[2]
    for line in lines[start + 1 :]:
        if line[:1] not in (b" ", b"\t"):
            break
        value += line
    return value.decode().strip()


def test_a_name_that_looks_encoded_arrives_literally() -> None:
    name = NAMES["an encoded header"]
    assert f"[CRITICAL] {name}:" in subject_of(AlertSnapshot.model_validate(an_outgoing_message(name).alert), "raised")

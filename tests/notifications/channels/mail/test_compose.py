"""The headers of a mail: whatever a name holds, it is shown as it is, and adds no header."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header

import pytest

from notifications.channels.mail.compose import Sender, compose_mail
from notifications.channels.mail.subject import subject_of
from notifications.channels.mail.vietnamese import VIETNAMESE
from services.ids import new_id
from tests.notifications.outgoing_message import an_outgoing_message

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
EXPECTED = {"content-type", "mime-version", "from", "to", "subject", "date", "message-id"}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_shown_as_it_is_and_adds_no_header(name: str) -> None:
    message = an_outgoing_message(
        name.encode(errors="replace").decode(), target_name=name.encode(errors="replace").decode()
    )
    raw = compose_mail(message, Sender(f"{name.split('<', maxsplit=1)[0][:50]} <drive@bhxh.example>")).content
    head, _, _ = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    starts = [line.partition(b":")[0].decode().lower() for line in lines if line[:1] not in (b" ", b"\t")]
    assert sorted(starts) == sorted(EXPECTED | {"auto-submitted"})
    assert b"\r" not in head.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in lines)
    assert head.isascii()
    subject = str(make_header(decode_header(_unfolded(lines, b"subject"))))
    assert subject == subject_of(message, VIETNAMESE)
    assert _unfolded(lines, b"to") == "ops@example.org"
    shown = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.get_content_type() for part in shown.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    text = next(part for part in shown.walk() if part.get_content_type() == "text/plain").get_content()
    assert not any(line.startswith(("Bcc", "evil")) for line in text.splitlines())


def test_ids_stand_in_the_lines_of_their_headers_however_long_the_domain_is() -> None:
    message = an_outgoing_message(earlier=tuple(new_id() for _ in range(3)))
    raw = compose_mail(message, Sender(f"drive@{'very-' * 11}long.bhxh.example")).content.decode()
    for header in ("Message-ID", "In-Reply-To", "References", "Content-ID"):
        assert f"\r\n{header}: <" in raw


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
    assert f"[CRITICAL] {name}:" in subject_of(an_outgoing_message(name), VIETNAMESE)

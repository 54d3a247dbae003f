"""A mail as it goes out: its headers and its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr
from typing import Final

from notifications.channels.mail.english import ENGLISH
from notifications.channels.mail.headers import display_name, subject_text
from notifications.channels.mail.subject import subject_of
from notifications.channels.mail.text import WIDTH, Writer
from notifications.channels.mail.vietnamese import VIETNAMESE
from notifications.channels.mail.words import Words
from notifications.domain.delivery import Refused
from notifications.domain.route import Language
from notifications.messages.outgoing_message import OutgoingMessage

LANGUAGES: Final[Mapping[Language, tuple[Words, ...]]] = {
    "vi": (VIETNAMESE,),
    "en": (ENGLISH,),
    "both": (VIETNAMESE, ENGLISH),
}
"""The first one is that of the subject."""
_POLICY: Final = compat32.clone(linesep="\r\n")
_BETWEEN: Final = f"\n{'=' * WIDTH}\n\n"
_MOST_REFERENCES: Final = 20
"""RFC 5322, 2.1.1: a line has 998 characters at most; mail clients go by the last ones."""


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` is what DRIVE_MAIL_FROM gives, with or without a name."""

    address: str
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, ready to be sent. `sender` is the bare address; `content` has CRLF line ends."""

    sender: str
    subject: str
    content: bytes


def compose_or_refuse(message: OutgoingMessage, sender: Sender) -> Mail | Refused:
    """The mail; refused where it cannot be composed, since no later attempt could compose it either."""
    try:
        return compose_mail(message, sender)
    except Exception as error:  # noqa: BLE001 - whatever the reason, nothing was sent
        return Refused(f"the mail cannot be composed: {error!r}")


def compose_mail(message: OutgoingMessage, sender: Sender) -> Mail:
    """The mail. Its Message-ID and Date are those of the message, so that each attempt sends the same mail."""
    name, address = parseaddr(sender.address)
    languages = LANGUAGES[message.language]
    subject = subject_of(message, languages[0])
    text = _BETWEEN.join(Writer(words, sender.public_url).text_of(message) for words in languages)
    mime = MIMEText(text, "plain", "utf-8", policy=_POLICY)
    mime["From"] = f"{display_name(name)} <{address}>" if name else address
    mime["To"] = message.address
    mime["Subject"] = subject_text(subject)
    mime["Date"] = format_datetime(message.queued_at)
    for header, value in _threading(message, address.rpartition("@")[2]).items():
        mime[header] = value
    mime["Auto-Submitted"] = "auto-generated"
    return Mail(address, subject, mime.as_bytes())


def _threading(message: OutgoingMessage, domain: str) -> dict[str, str]:
    """Message-ID, and the mails that told of these alerts before (RFC 5322, 3.6.4): ids of messages grow with time."""
    own = {"Message-ID": f"<{message.id}@{domain}>"}
    earlier = sorted({each for notice in message.notices for each in notice.earlier})[-_MOST_REFERENCES:]
    if not earlier:
        return own
    ids = [f"<{each}@{domain}>" for each in earlier]
    return own | {"In-Reply-To": ids[-1], "References": "\r\n ".join(ids)}

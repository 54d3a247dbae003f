"""A mail as it goes out: its headers, its text, the same as HTML, and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr
from functools import partial
from typing import Any, Final

from markupsafe import Markup

from notifications.channels.answer_links import AnswerLinks
from notifications.channels.mail.digest_text import DigestWriter
from notifications.channels.mail.digest_view import DigestView
from notifications.channels.mail.english import ENGLISH
from notifications.channels.mail.headers import display_name, one_line, subject_text
from notifications.channels.mail.layout import WIDTH
from notifications.channels.mail.pictures import pictures_of
from notifications.channels.mail.rendering import Renderer
from notifications.channels.mail.text import Writer
from notifications.channels.mail.vietnamese import VIETNAMESE
from notifications.channels.mail.view import View
from notifications.channels.mail.words import Words
from notifications.domain.answer_link import end_of_link
from notifications.domain.delivery import Refused
from notifications.domain.route import Language
from notifications.messages.alert_snapshot import AlertSnapshot
from notifications.messages.outgoing_message import OutgoingMessage

LANGUAGES: Final[Mapping[Language, tuple[Words, ...]]] = {
    "vi": (VIETNAMESE,),
    "en": (ENGLISH,),
    "both": (VIETNAMESE, ENGLISH),
}
"""The first one is that of the subject."""
BUILT_IN: Final = Renderer()
_POLICY: Final = compat32.clone(linesep="\r\n", max_line_length=None)
"""What is long is folded where its header is made: an id that is folded right after the header's name is not found by
all clients."""
_BETWEEN: Final = f"\n{'=' * WIDTH}\n\n"
_MOST_REFERENCES: Final = 20
"""RFC 5322, 2.1.1: a line has 998 characters at most; mail clients go by the last ones."""


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` is what DRIVE_MAIL_FROM gives, with or without a name; `renderer` has the templates."""

    address: str
    public_url: str | None = None
    renderer: Renderer = BUILT_IN
    is_strict: bool = False
    """Whether a template that fails is an error, and not replaced by the built-in one."""
    links: AnswerLinks | None = None
    """Where there are none, mails have no links by which alerts are answered."""

    @property
    def domain(self) -> str:
        """What the ids of its mails end with."""
        return parseaddr(self.address)[1].rpartition("@")[2]

    def answer(self, message: OutgoingMessage, alert: AlertSnapshot) -> str | None:
        """The address of the page on which whoever gets the message answers the alert."""
        if not self.public_url or not self.links:
            return None
        ends_at = end_of_link(message.queued_at, alert.report_due_at)
        return f"{self.public_url}/a/{self.links.token(alert.id, message.route_name, message.address, ends_at)}"

    def render(self, name: str, view: View | DigestView, message: OutgoingMessage, **more: Any) -> str:
        """One text by its template."""
        render = self.renderer.strictly if self.is_strict else self.renderer.render
        return render(name, view.words.code, **values_of(view, message), **more)


def values_of(view: View | DigestView, message: OutgoingMessage) -> dict[str, Any]:
    """What every template may use: docs/channels.md."""
    digest = message.digest.digest.model_dump() if message.digest else None
    alerts = [notice.alert.model_dump() for notice in message.notices]
    named = {"route": message.route_name, "group": message.group_code}
    return {"view": view, "alerts": alerts, "digest": digest, **named}


def views_of(message: OutgoingMessage, sender: Sender) -> list[View | DigestView]:
    """What it says in each of its languages."""
    languages = LANGUAGES[message.language]
    if message.digest:
        return [DigestWriter(words, sender.public_url).view_of(message.digest.digest) for words in languages]
    answer = partial(sender.answer, message)
    return [Writer(words, sender.public_url, answer).view_of(message) for words in languages]


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
    """The mail: text and HTML, with pictures of its gravest alerts. Its Message-ID and Date are those of the message,
    so that each attempt sends the same mail."""
    name, address = parseaddr(sender.address)
    composer = _Composer(message, sender)
    subject = composer.subject()
    mime = composer.body()
    mime["From"] = f"{display_name(name)} <{address}>" if name else address
    mime["To"] = message.address
    mime["Subject"] = subject_text(subject)
    mime["Date"] = format_datetime(message.queued_at)
    for header, value in _threading(message, sender.domain).items():
        mime[header] = value
    mime["Auto-Submitted"] = "auto-generated"
    return Mail(address, subject, mime.as_bytes())


def part_of(name: str, message: OutgoingMessage, sender: Sender) -> str:
    """What a template makes of the message, in the first of its languages; pictures are in it."""
    composer = _Composer(message, sender)
    text = composer.page() if name == "page.html" else composer.render(name)
    for picture in composer.pictures.values():
        text = text.replace(f"cid:{picture.cid}", picture.data_url())
    return text


class _Composer:
    """The parts of a mail. Boundaries and Content-IDs follow from the id of the message."""

    def __init__(self, message: OutgoingMessage, sender: Sender) -> None:
        self._message = message
        self._sender = sender
        self._views = views_of(message, sender)
        self._template = "digest" if message.digest else "mail"
        self.pictures = pictures_of(message, f"{message.id}@{sender.domain}")

    def render(self, name: str, **more: Any) -> str:
        """In the first language."""
        return self._render(name, self._views[0], **more)

    def body(self) -> MIMEMultipart:
        """Text and HTML, with the pictures that it shows."""
        text = _BETWEEN.join(self._render(f"{self._template}.txt", view) for view in self._views)
        page = self.page()
        html: MIMEBase = MIMEText(page, "html", "utf-8", policy=_POLICY)
        if shown := [each for each in self.pictures.values() if each.cid in page]:
            parts = [html, *(picture.part(_POLICY) for picture in shown)]
            html = MIMEMultipart("related", f"=_related_{self._message.id}", parts, policy=_POLICY)
        plain = MIMEText(text, "plain", "utf-8", policy=_POLICY)
        return MIMEMultipart("alternative", f"=_alternative_{self._message.id}", [plain, html], policy=_POLICY)

    def page(self) -> str:
        """The whole HTML."""
        rendered = [self._render(f"{self._template}.html", view) for view in self._views]
        parts = [Markup(part) for part in rendered]  # noqa: S704 - the template has escaped it
        return self.render("page.html", parts=parts, subject=self.subject(), lang=self._views[0].words.code)

    def subject(self) -> str:
        """One line."""
        return one_line(self.render("subject.txt"))

    def _render(self, name: str, view: View | DigestView, **more: Any) -> str:
        charts = {alert_id: picture.values() for alert_id, picture in self.pictures.items()}
        chart = next(iter(charts.values()), None) if isinstance(view, View) and view.chart else None
        return self._sender.render(name, view, self._message, chart=chart, charts=charts, **more)


def _threading(message: OutgoingMessage, domain: str) -> dict[str, str]:
    """Message-ID, and the mails that told of these alerts before (RFC 5322, 3.6.4): ids of messages grow with time."""
    own = {"Message-ID": f"<{message.id}@{domain}>"}
    earlier = sorted({each for notice in message.notices for each in notice.earlier})[-_MOST_REFERENCES:]
    if not earlier:
        return own
    ids = [f"<{each}@{domain}>" for each in earlier]
    return own | {"In-Reply-To": ids[-1], "References": "\r\n ".join(ids)}

"""A mail as it goes out: its headers, its text, the same as HTML, and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, parseaddr
from functools import partial
from typing import Any, Final

import structlog
from markupsafe import Markup

from notifications.channels.answer_links import AnswerLinks
from notifications.channels.mail.chart import EXPECTED, REACHED, course_of, png_of
from notifications.channels.mail.english import ENGLISH
from notifications.channels.mail.headers import display_name, one_line, subject_text
from notifications.channels.mail.layout import WIDTH
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

log = structlog.get_logger(__name__)

LANGUAGES: Final[Mapping[Language, tuple[Words, ...]]] = {
    "vi": (VIETNAMESE,),
    "en": (ENGLISH,),
    "both": (VIETNAMESE, ENGLISH),
}
"""The first one is that of the subject."""
BUILT_IN: Final = Renderer()
_POLICY: Final = compat32.clone(linesep="\r\n")
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

    def answer(self, message: OutgoingMessage, alert: AlertSnapshot) -> str | None:
        """The address of the page on which whoever gets the message answers the alert."""
        if not self.public_url or not self.links:
            return None
        ends_at = end_of_link(message.queued_at, alert.report_due_at)
        return f"{self.public_url}/a/{self.links.token(alert.id, message.route_name, message.address, ends_at)}"

    def render(self, name: str, view: View, message: OutgoingMessage, **more: Any) -> str:
        """One text by its template."""
        render = self.renderer.strictly if self.is_strict else self.renderer.render
        return render(name, view.words.code, **values_of(view, message), **more)


def values_of(view: View, message: OutgoingMessage) -> dict[str, Any]:
    """What every template may use: docs/channels.md."""
    alerts = [notice.alert.model_dump() for notice in message.notices]
    return {"view": view, "alerts": alerts, "route": message.route_name, "group": message.group_code}


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
    """The mail: text and HTML, with a picture where it is about one alert. Its Message-ID and Date are those of the
    message, so that each attempt sends the same mail."""
    name, address = parseaddr(sender.address)
    domain = address.rpartition("@")[2]
    composer = _Composer(message, sender)
    subject = composer.subject()
    mime = composer.body()
    mime["From"] = f"{display_name(name)} <{address}>" if name else address
    mime["To"] = message.address
    mime["Subject"] = subject_text(subject)
    mime["Date"] = format_datetime(message.queued_at)
    for header, value in _threading(message, domain).items():
        mime[header] = value
    mime["Auto-Submitted"] = "auto-generated"
    return Mail(address, subject, mime.as_bytes())


def part_of(name: str, message: OutgoingMessage, sender: Sender) -> str:
    """What a template makes of the message, in the first of its languages."""
    composer = _Composer(message, sender)
    if name == "page.html":
        return composer.page(composer.chart())
    return composer.render(name, chart=composer.chart())


class _Composer:
    """The parts of a mail. Boundaries and Content-ID follow from the id of the message."""

    def __init__(self, message: OutgoingMessage, sender: Sender) -> None:
        self._message = message
        self._sender = sender
        answer = partial(sender.answer, message)
        writers = [Writer(words, sender.public_url, answer) for words in LANGUAGES[message.language]]
        self._views = [writer.view_of(message) for writer in writers]
        self._cid = f"chart.{message.id}@{parseaddr(sender.address)[1].rpartition('@')[2]}"

    def render(self, name: str, **more: Any) -> str:
        """In the first language."""
        return self._sender.render(name, self._views[0], self._message, **more)

    def chart(self) -> dict[str, str]:
        """What `mail.html` has to know of the picture."""
        return {"cid": self._cid, "reached_colour": REACHED, "expected_colour": EXPECTED}

    def body(self) -> MIMEMultipart:
        """Text and HTML, with its picture."""
        picture = _picture(self._message)
        text = _BETWEEN.join(self._sender.render("mail.txt", view, self._message) for view in self._views)
        html: MIMEBase = MIMEText(self.page(self.chart() if picture else None), "html", "utf-8", policy=_POLICY)
        if picture:
            parts = [html, _image(picture, self._cid)]
            html = MIMEMultipart("related", f"=_related_{self._message.id}", parts, policy=_POLICY)
        plain = MIMEText(text, "plain", "utf-8", policy=_POLICY)
        return MIMEMultipart("alternative", f"=_alternative_{self._message.id}", [plain, html], policy=_POLICY)

    def page(self, chart: dict[str, str] | None) -> str:
        """The whole HTML."""
        rendered = [self._sender.render("mail.html", view, self._message, chart=chart) for view in self._views]
        parts = [Markup(part) for part in rendered]  # noqa: S704 - the template has escaped it
        return self.render("page.html", parts=parts, subject=self.subject(), lang=self._views[0].words.code)

    def subject(self) -> str:
        """One line."""
        return one_line(self.render("subject.txt"))


def _picture(message: OutgoingMessage) -> bytes | None:
    """None unless it is about one alert, and where it cannot be drawn: the figures stand in the text, too."""
    if len(message.notices) != 1:
        return None
    try:
        return png_of(course_of(message.notices[0]))
    except ValueError:
        log.exception("chart_not_drawn", message=str(message.id))
        return None


def _image(picture: bytes, cid: str) -> MIMEImage:
    image = MIMEImage(picture, "png", policy=_POLICY)
    image["Content-ID"] = f"<{cid}>"
    image["Content-Disposition"] = "inline; filename=chart.png"
    return image


def _threading(message: OutgoingMessage, domain: str) -> dict[str, str]:
    """Message-ID, and the mails that told of these alerts before (RFC 5322, 3.6.4): ids of messages grow with time."""
    own = {"Message-ID": f"<{message.id}@{domain}>"}
    earlier = sorted({each for notice in message.notices for each in notice.earlier})[-_MOST_REFERENCES:]
    if not earlier:
        return own
    ids = [f"<{each}@{domain}>" for each in earlier]
    return own | {"In-Reply-To": ids[-1], "References": "\r\n ".join(ids)}

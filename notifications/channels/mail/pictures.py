"""The pictures of a mail: the way of each of some alerts, beside what is said of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from email.mime.image import MIMEImage
from email.policy import Policy
from uuid import UUID

import structlog

from notifications.channels.mail.chart import EXPECTED, REACHED, Course, Size, course_of, png_of
from notifications.messages.gravest import charted
from notifications.messages.outgoing_message import OutgoingMessage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG. `cid` is what the HTML names it by: RFC 2392."""

    cid: str
    png: bytes

    def values(self) -> dict[str, str]:
        """What a template has to know of it."""
        return {"cid": self.cid, "reached_colour": REACHED, "expected_colour": EXPECTED}

    def data_url(self) -> str:
        """The picture itself as an address, for a page that is no mail."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"

    def part(self, policy: Policy) -> MIMEImage:
        """The part of the mail that it is."""
        image = MIMEImage(self.png, "png", policy=policy)
        image["Content-ID"] = f"<{self.cid}>"
        image["Content-Disposition"] = "inline; filename=chart.png"
        return image


def pictures_of(message: OutgoingMessage, message_id: str) -> dict[UUID, Picture]:
    """The pictures of a mail, by the ids of alerts: a large one of one alert, small ones of the gravest of several, and
    of those of a digest."""
    shown = message.digest.digest.gravest if message.digest else charted(message.notices)
    courses = {each.alert.id: course_of(each.alert, each.course) for each in shown}
    return draw(courses, message_id, "large" if len(message.notices) == 1 else "small")


def draw(courses: Mapping[UUID, Course], message_id: str, size: Size) -> dict[UUID, Picture]:
    """A picture of each course. One that cannot be drawn is left out: the figures stand in the text, too.

    `message_id` is that of the mail, without brackets: Content-IDs follow from it, so that each attempt sends the same
    mail, and no two mails have the same one.
    """
    found = {}
    for n, (alert_id, course) in enumerate(courses.items(), 1):
        try:
            found[alert_id] = Picture(f"chart{n}.{message_id}", png_of(course, size))
        except ValueError:
            log.exception("chart_not_drawn", alert_id=str(alert_id))
    return found

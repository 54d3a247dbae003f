"""What the story reads of mails."""

from __future__ import annotations

from email.message import EmailMessage


def text_of(mail: EmailMessage) -> str:
    """What a mail says."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def charts_in(mail: EmailMessage) -> int:
    """How many pictures are in it."""
    return sum(part.get_content_type() == "image/png" for part in mail.walk())


def has_chart(mail: EmailMessage) -> bool:
    """Whether there is a picture in it."""
    return charts_in(mail) > 0


def is_digest(mail: EmailMessage) -> bool:
    """Whether it tells the state of an area, and no change of alerts."""
    return str(mail["subject"]).startswith("[DIGEST]")

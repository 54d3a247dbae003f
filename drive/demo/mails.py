"""What the story reads of mails."""

from __future__ import annotations

from email.message import EmailMessage


def text_of(mail: EmailMessage) -> str:
    """What a mail says."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def has_chart(mail: EmailMessage) -> bool:
    """Whether there is a picture in it."""
    return any(part.get_content_type() == "image/png" for part in mail.walk())

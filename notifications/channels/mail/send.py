"""Sends mail: through SMTP_URL. Without it mail goes into the folder `outbox` of the data directory, and in production
nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.mail.compose import Sender
from notifications.channels.mail.folder import FolderMail
from notifications.channels.mail.rendering import Renderer
from notifications.channels.mail.smtp import SmtpMail
from notifications.domain.delivery import Outcome, Retry
from notifications.domain.mail_server import MailServer
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.settings import NotificationsSettings

_MISSING = "SMTP_URL is not set, so that no mail can be sent where DRIVE_ENV=production: set it and start again"


def missing_server(settings: NotificationsSettings) -> str | None:
    """In production a mail that nobody gets is worse than a process that does not start."""
    return _MISSING if settings.env == "production" and not settings.smtp_url else None


def sender_of(environment: ChannelEnvironment) -> Sender:
    """With the templates of DRIVE_TEMPLATES_DIR, where there are some."""
    settings = environment.settings
    renderer = Renderer(settings.templates_dir)
    return Sender(settings.mail_from, settings.public_url, renderer, links=environment.links)


@asynccontextmanager
async def open_mail(environment: ChannelEnvironment) -> AsyncIterator[Send]:
    """A connection to the server is opened for each mail, so that nothing is held open in between."""
    settings, outage = environment.settings, environment.outages["mail"]
    sender = sender_of(environment)
    mail: SmtpMail | FolderMail
    if settings.smtp_url:
        mail = SmtpMail(MailServer.of(settings.smtp_url), sender, outage)
    elif missing_server(settings):
        yield _wait_for_a_server
        return
    else:
        mail = FolderMail(settings.data_dir / "outbox", sender, outage)
    outage.probe = mail.probe
    yield mail.send


async def _wait_for_a_server(_: OutgoingMessage) -> Outcome:
    return Retry(_MISSING, fault="sender")

"""Sends mail: through SMTP_URL, or without it into the folder `outbox` of the data directory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.mail.folder import FolderMail
from notifications.channels.mail.smtp import MailServer, SmtpMail


@asynccontextmanager
async def open_mail(environment: ChannelEnvironment) -> AsyncIterator[Send]:
    """A connection to the server is opened for each mail, so that nothing is held open in between."""
    settings = environment.settings
    if settings.smtp_url:
        yield SmtpMail(MailServer.of(settings.smtp_url), settings.mail_from).send
    else:
        yield FolderMail(settings.data_dir / "outbox", settings.mail_from).send

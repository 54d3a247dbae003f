"""Mail without a server: each is written into a folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog

from notifications.channels.mail.compose import Sender, compose_or_refuse
from notifications.domain.delivery import Outcome, Refused, Retry, Sent
from notifications.messages.outgoing_message import OutgoingMessage

log = structlog.get_logger(__name__)


class FolderMail:
    """Writes mails into a folder, one file per message, and a line into the log."""

    def __init__(self, folder: Path, sender: Sender) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Done once the file is written whole; the detail says that nobody got it."""
        mail = compose_or_refuse(message, self._sender)
        if isinstance(mail, Refused):
            return mail
        path = self._folder / f"{message.id}.eml"
        try:
            await asyncio.to_thread(_write, path, mail.content)
        except OSError as error:
            return Retry(f"the outbox folder cannot be written: {error}")
        log.info("mail_written", file=str(path), subject=mail.subject)
        return Sent(f"written to {self._folder}, not sent: SMTP_URL is not set")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)

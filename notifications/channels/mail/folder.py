"""Mail without a server: each is written into a folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import structlog

from notifications.channels.mail.compose import Sender, compose_or_refuse
from notifications.domain.delivery import Outcome, Refused, Retry, Sent
from notifications.messages.outgoing_message import OutgoingMessage
from services.errors import Unavailable
from services.outages import Outage

log = structlog.get_logger(__name__)

_PROBE_BYTES: Final = 64 * 1024


class FolderMail:
    """Writes mails into a folder, one file per message, and a line into the log, without what they are about."""

    def __init__(self, folder: Path, sender: Sender, outage: Outage) -> None:
        self._outage = outage
        self._folder = folder
        self._sender = sender

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Done once the file is written whole; the detail says that nobody got it."""
        mail = await asyncio.to_thread(compose_or_refuse, message, self._sender)
        if isinstance(mail, Refused):
            return mail
        path = self._folder / f"{message.id}.eml"
        try:
            await asyncio.to_thread(_write, path, mail.content)
        except OSError as error:
            return Retry(self._noted(error).detail, fault="sender")
        self._outage.works()
        log.info("mail_written", file=str(path))
        return Sent(f"written to {self._folder}, not sent: SMTP_URL is not set")

    async def probe(self) -> None:
        """Write as much as a mail may take, and remove it. Raises Unavailable."""
        path = self._folder / f"probe.{os.getpid()}"
        try:
            await asyncio.to_thread(_write, path, bytes(_PROBE_BYTES))
        except OSError as error:
            raise self._noted(error) from error
        finally:
            path.unlink(missing_ok=True)

    def _noted(self, error: OSError) -> Unavailable:
        away = Unavailable(f"the outbox folder cannot be written: {error}")
        self._outage.failed(away)
        return away


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)  # else it takes the room of the next try
        raise

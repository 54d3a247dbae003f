"""Mail: through SMTP_URL, or without it into the outbox folder of the data dir."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from notifications.deliveries.letter import letter_of
from notifications.deliveries.store import Parcel
from notifications.domain.delivery import Outcome, Retry, Sent, Unconfirmed, of_smtp_answer

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 15.0
"""For each answer of the server."""
TOTAL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """`smtp://` uses STARTTLS where the server offers it, `smtps://` TLS from the first byte."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool

    @classmethod
    def of(cls, url: str) -> MailServer:
        """The server of SMTP_URL, such as smtp://user:password@mail.example.org:587. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL: give smtp://user:password@host:port or smtps://…")
        tls = parts.scheme == "smtps"
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        return cls(parts.hostname, parts.port or (465 if tls else 25), user, password, tls)


class SmtpMail:
    """Hands letters to a mail server."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, parcel: Parcel) -> Outcome:
        """What came of one attempt; whatever the server or the network do, it does not raise."""
        letter = letter_of(parcel, self._sender)
        client = self._client()
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._hand_over(client, letter, parcel.address)
        except aiosmtplib.SMTPResponseException as error:
            return of_smtp_answer(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Retry(str(error) or repr(error))
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            timeout=TIMEOUT_SECONDS,
        )

    async def _hand_over(self, client: aiosmtplib.SMTP, letter: EmailMessage, address: str) -> Outcome:
        await client.connect()
        await client.mail(str(letter["From"].addresses[0].addr_spec))
        await client.rcpt(address)
        try:
            answer = await client.data(letter.as_bytes())
        except aiosmtplib.SMTPResponseException:
            raise
        except (aiosmtplib.SMTPException, OSError) as error:
            # The text was on its way and no answer came: the server may have taken it.
            return Unconfirmed(f"the connection broke before the server confirmed: {error!r}")
        return Sent(f"SMTP {answer.code}: {answer.message}")


class OutboxMail:
    """Writes letters into a folder, one file per delivery, and a line into the log."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, parcel: Parcel) -> Outcome:
        """Sent once the file is there, whole."""
        letter = letter_of(parcel, self._sender)
        path = self._folder / f"{parcel.id}.eml"
        try:
            await asyncio.to_thread(_write, path, letter.as_bytes())
        except OSError as error:
            return Retry(f"the outbox folder cannot be written: {error}")
        log.info("mail_written", file=str(path), subject=str(letter["Subject"]))
        return Sent(f"written to {path.name}")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)

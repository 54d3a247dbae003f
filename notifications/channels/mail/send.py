"""Mail: through SMTP_URL, or without it into the outbox folder of the data dir."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from notifications.channels.mail.compose import Mail, compose_mail
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, SmtpCommand, of_smtp_answer, of_smtp_silence
from notifications.messages.outgoing_message import OutgoingMessage

log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for each answer of the server, for all up to that to the text, for that to QUIT."""

    answer: float = 15.0
    total: float = 150.0
    goodbye: float = 5.0


class SmtpMail:
    """Hands letters to a mail server."""

    def __init__(self, server: MailServer, sender: str, patience: Patience = Patience()) -> None:
        self._server = server
        self._sender = sender
        self._patience = patience

    async def send(self, message: OutgoingMessage) -> Outcome:
        """What came of one attempt; whatever the server or the network do, it does not raise."""
        letter = _composed(message, self._sender)
        if isinstance(letter, Refused):
            return letter
        return await _Attempt(self._client(), letter, message.address).run(self._patience)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            timeout=self._patience.answer,
        )


class _Attempt:
    """One conversation with the server. How it is to be judged depends on how far it came."""

    def __init__(self, client: aiosmtplib.SMTP, letter: Mail, address: str) -> None:
        self._client = client
        self._letter = letter
        self._address = address
        self._command: SmtpCommand = "connect"

    async def run(self, patience: Patience) -> Outcome:
        try:
            outcome = await self._judged(patience.total)
            if isinstance(outcome, Sent):
                await self._say_goodbye(patience.goodbye)
            return outcome
        finally:
            self._client.close()

    async def _judged(self, total_seconds: float) -> Outcome:
        try:
            async with asyncio.timeout(total_seconds):
                return await self._hand_over()
        except aiosmtplib.SMTPResponseException as error:
            return of_smtp_answer(self._command, error.code, error.message)
        except Exception as error:  # noqa: BLE001 - whatever broke, what counts is whether the text was on its way
            return of_smtp_silence(self._command, str(error) or repr(error))

    async def _hand_over(self) -> Outcome:
        await self._client.connect()
        self._command = "MAIL"
        await self._client.mail(self._letter.sender)
        self._command = "RCPT"
        await self._client.rcpt(self._address)
        self._command = "DATA"
        self._note_when_text_goes_out()
        answer = await self._client.data(self._letter.content)
        return Sent(f"SMTP {answer.code}: {answer.message}")

    async def _say_goodbye(self, seconds: float) -> None:
        """QUIT, as RFC 5321, 4.1.1.10, asks. The mail was taken, whatever comes of this."""
        with suppress(Exception):
            async with asyncio.timeout(seconds):
                await self._client.quit()

    def _note_when_text_goes_out(self) -> None:
        """`data` sends the command, waits for 354, and sends the text: between the two nobody else can look."""
        protocol = self._client.protocol
        assert protocol  # noqa: S101 - it is connected
        write = protocol.write

        def noted(data: bytes) -> None:
            if data != b"DATA\r\n":
                self._command = "text"
            write(data)

        protocol.write = noted  # type: ignore[method-assign]


def _composed(message: OutgoingMessage, sender: str) -> Mail | Refused:
    try:
        return compose_mail(message, sender)
    except Exception as error:  # noqa: BLE001 - it will never be composed, for whatever reason, and nothing went out
        return Refused(f"the mail cannot be composed: {error!r}")


class OutboxMail:
    """Writes letters into a folder, one file per delivery, and a line into the log."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Sent once the file is there, whole."""
        letter = _composed(message, self._sender)
        if isinstance(letter, Refused):
            return letter
        path = self._folder / f"{message.id}.eml"
        try:
            await asyncio.to_thread(_write, path, letter.content)
        except OSError as error:
            return Retry(f"the outbox folder cannot be written: {error}")
        log.info("mail_written", file=str(path), subject=letter.subject)
        return Sent(f"written to {path.name}")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)

"""Mail through a server: one SMTP session per mail."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import aiosmtplib

from notifications.channels.mail.answers import SmtpCommand, of_smtp_answer, of_smtp_silence
from notifications.channels.mail.compose import Mail, Sender, compose_or_refuse
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, shown_reason
from notifications.messages.outgoing_message import OutgoingMessage
from services.errors import Unavailable
from services.outages import Outage


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
class Timeouts:
    """In seconds: for each answer of the server, for everything up to its answer to the text, for that to QUIT."""

    answer: float = 15.0
    total: float = 150.0
    quit: float = 5.0


class SmtpMail:
    """Sends mails through a server."""

    def __init__(self, server: MailServer, sender: Sender, outage: Outage, timeouts: Timeouts = Timeouts()) -> None:
        self._outage = outage
        self._is_silent = False
        self._server = server
        self._sender = sender
        self._timeouts = timeouts

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Make one attempt; whatever the server or the network do, it does not raise."""
        mail = await asyncio.to_thread(compose_or_refuse, message, self._sender)
        if isinstance(mail, Refused):
            return mail
        session = _Session(self._client(), mail, message.address)
        outcome = await session.run(self._timeouts)
        self._note(session, outcome)
        return outcome

    def _note(self, session: _Session, outcome: Outcome) -> None:
        self._is_silent = not session.was_answered
        if isinstance(outcome, Retry) and session.is_for_nobody:
            self._outage.failed(Unavailable(f"the mail server takes no mail: {shown_reason(outcome.reason)}"))
        else:
            self._outage.works()

    async def probe(self) -> None:
        """Raises Unavailable while the server cannot be reached. One that refuses the session is left to the next mail:
        servers lock out who fails to log in every few seconds."""
        if not self._is_silent:
            raise Unavailable("the mail server refused the last session")
        try:
            async with asyncio.timeout(self._timeouts.answer):
                reader, writer = await asyncio.open_connection(self._server.host, self._server.port)
                greeting = b"220" if self._server.tls else await reader.readline()
            writer.close()
        except OSError as error:
            raise Unavailable("the mail server cannot be reached") from error
        if not greeting.startswith(b"220"):
            raise Unavailable("the mail server greets nobody")

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            timeout=self._timeouts.answer,
        )


class _Session:
    """One session with the server. How a failure is judged depends on the command that it came to."""

    def __init__(self, client: aiosmtplib.SMTP, mail: Mail, address: str) -> None:
        self._client = client
        self._mail = mail
        self._address = address
        self._command: SmtpCommand = "connect"
        self.was_answered = False

    @property
    def is_for_nobody(self) -> bool:
        """Whether it ended before it was about this mail."""
        return self._command in ("connect", "MAIL")

    async def run(self, timeouts: Timeouts) -> Outcome:
        try:
            outcome = await self._outcome(timeouts.total)
            if isinstance(outcome, Sent):
                await self._quit(timeouts.quit)
            return outcome
        finally:
            self._client.close()

    async def _outcome(self, total_seconds: float) -> Outcome:
        try:
            async with asyncio.timeout(total_seconds):
                return await self._transfer()
        except aiosmtplib.SMTPResponseException as error:
            self.was_answered = True
            return of_smtp_answer(self._command, error.code, error.message)
        except Exception as error:  # noqa: BLE001 - whatever failed, what counts is whether the text was being sent
            return of_smtp_silence(self._command, str(error) or repr(error))

    async def _transfer(self) -> Outcome:
        await self._client.connect()
        self.was_answered = True
        self._command = "MAIL"
        await self._client.mail(self._mail.sender)
        self._command = "RCPT"
        await self._client.rcpt(self._address)
        self._command = "DATA"
        self._note_when_text_is_sent()
        answer = await self._client.data(self._mail.content)
        return Sent(f"SMTP {answer.code}: {answer.message}")

    async def _quit(self, seconds: float) -> None:
        """QUIT, as RFC 5321, 4.1.1.10, asks. The mail is accepted already, whatever comes of this."""
        with suppress(Exception):
            async with asyncio.timeout(seconds):
                await self._client.quit()

    def _note_when_text_is_sent(self) -> None:
        """`data` sends the command, waits for 354 and sends the text, and has no hook between the two."""
        protocol = self._client.protocol
        assert protocol  # noqa: S101 - it is connected
        write = protocol.write

        def noted(data: bytes) -> None:
            if data != b"DATA\r\n":
                self._command = "text"
            write(data)

        protocol.write = noted  # type: ignore[method-assign]

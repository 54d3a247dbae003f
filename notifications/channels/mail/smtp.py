"""Mail through a server: one SMTP session per mail."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import aiosmtplib

from notifications.channels.mail.answers import SmtpCommand, of_smtp_answer, of_smtp_silence, said
from notifications.channels.mail.compose import Mail, Sender, compose_or_refuse
from notifications.channels.sockets import end_unread
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, shown_reason
from notifications.domain.mail_server import MailServer
from notifications.messages.outgoing_message import OutgoingMessage
from services.errors import Unavailable
from services.outages import Outage

_IN_THE_CLEAR: Final = (
    "the mail server offers no STARTTLS, and the password is not sent in the clear: give smtps:// in SMTP_URL, or"
    " another port; ?tls=none after it sends the password all the same"
)


class NotEncrypted(Exception):
    """The password would go out in the clear."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds: for each answer of the server, for everything up to its answer to the text, for that to QUIT."""

    answer: float = 15.0
    total: float = 150.0
    quit: float = 5.0


def tls_fault(error: Exception) -> ssl.SSLError | None:
    """What failed of the encryption, such as a certificate that nobody vouches for."""
    return next((each for each in (error, error.__cause__) if isinstance(each, ssl.SSLError)), None)


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
        session = _Session(self._client(), self._server, mail, message.address)
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
                greeting = await self._greeting()
        except (OSError, ValueError) as error:  # no host has this name, or a line has no end
            raise Unavailable("the mail server cannot be reached") from error
        if not greeting.startswith(b"220"):
            raise Unavailable("the mail server greets nobody")

    async def _greeting(self) -> bytes:
        reader, writer = await asyncio.open_connection(self._server.host, self._server.port)
        try:
            return b"220" if self._server.encryption == "tls" else await reader.readline()
        finally:
            writer.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.encryption == "tls",
            start_tls=False,
            timeout=self._timeouts.answer,
        )


class _Session:
    """One session with the server. How a failure is judged depends on the command that it came to."""

    def __init__(self, client: aiosmtplib.SMTP, server: MailServer, mail: Mail, address: str) -> None:
        self._client = client
        self._server = server
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
        except NotEncrypted as error:
            return Retry(str(error))
        except Exception as error:  # noqa: BLE001 - whatever failed, what counts is whether the text was being sent
            if self._command == "connect" and (fault := tls_fault(error)):
                self.was_answered = True
                return Retry(f"connect: the mail server cannot be trusted: {fault}")
            return of_smtp_silence(self._command, str(error) or repr(error))

    async def _transfer(self) -> Outcome:
        await self._client.connect()
        self.was_answered = True
        end_unread(self._client.get_transport_info("socket"), self._client.timeout or 0)
        if self._server.encryption == "starttls":
            await self._start_tls()
        if self._server.user:
            await self._client.login(self._server.user, self._server.password or "")
        self._command = "MAIL"
        await self._client.mail(self._mail.sender)
        self._command = "RCPT"
        await self._client.rcpt(self._address)
        self._command = "DATA"
        self._note_when_text_is_sent()
        answer = await self._client.data(self._mail.content)
        return Sent(f"SMTP {answer.code}: {said(answer.message)}")

    async def _start_tls(self) -> None:
        """Where it is offered: whoever is between can take the offer out. Raises NotEncrypted."""
        try:
            await self._client.ehlo()
        except aiosmtplib.SMTPHeloError:
            if self._server.user:
                raise
            return  # it may know HELO alone
        if self._client.supports_extension("starttls"):
            await self._client.starttls()
        elif self._server.user:
            raise NotEncrypted(_IN_THE_CLEAR)

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

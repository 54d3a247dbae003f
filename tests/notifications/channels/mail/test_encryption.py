"""A password goes to no mail server in the clear, nor to one that nobody vouches for, unless SMTP_URL says so."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifications.channels.mail.compose import Sender
from notifications.channels.mail.smtp import SmtpMail
from notifications.domain.delivery import Outcome, Retry, Sent
from notifications.domain.mail_server import MailServer
from services.outages import Outage
from tests.notifications.outgoing_message import an_outgoing_message
from tests.notifications.receiver import self_signed
from tests.support.logged import logged, outages_in, quick_outages


@dataclass
class Login:
    """A mail server that knows one user. `downgraded`: what it offers of encryption is lost on the way."""

    tls: ssl.SSLContext | None = None
    downgraded: bool = False
    passwords: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_EHLO(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """What it offers, as it arrives."""
        session.host_name = hostname
        return [line for line in responses if not (self.downgraded and "STARTTLS" in line)]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail."""
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Keep what came."""
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password)
        return AuthResult(success=data.password == b"secret")

    def protocol(self) -> SMTP:
        """Of one session."""
        return SMTP(self, tls_context=self.tls, authenticator=self.authenticate, auth_require_tls=False)


@asynccontextmanager
async def a_login(
    tls: ssl.SSLContext | None = None, *, downgraded: bool = False, at_once: bool = False
) -> AsyncIterator[Login]:
    """On a real port; with TLS from the first byte where it is `at_once`."""
    login = Login(None if at_once else tls, downgraded)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(login.protocol, "127.0.0.1", 0, ssl=tls if at_once else None)
    login.port = server.sockets[0].getsockname()[1]
    try:
        yield login
    finally:
        server.close()


async def sent_by(url: str) -> Outcome:
    """The outcome of an attempt."""
    mail = SmtpMail(MailServer.of(url), Sender("drive@bhxh.example"), Outage("mail"))
    return await mail.send(an_outgoing_message())


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """Of a server whose certificate nobody vouches for."""
    return self_signed(tmp_path)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of a server whose certificate this machine trusts."""
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "receiver.pem"))
    return context


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged while outages end soon."""
    with quick_outages(), logged() as lines:
        yield lines


async def test_a_password_goes_by_starttls_where_it_is_offered(trusted: ssl.SSLContext) -> None:
    async with a_login(trusted) as login:
        outcome = await sent_by(f"smtp://drive:secret@127.0.0.1:{login.port}")
    assert isinstance(outcome, Sent), outcome
    assert (login.passwords, login.encrypted) == ([b"secret"], [True])


async def test_a_password_goes_by_tls_from_the_first_byte(trusted: ssl.SSLContext) -> None:
    async with a_login(trusted, at_once=True) as login:
        outcome = await sent_by(f"smtps://drive:secret@127.0.0.1:{login.port}")
    assert isinstance(outcome, Sent), outcome
    assert login.passwords == [b"secret"]


@pytest.mark.parametrize("downgraded", [False, True])
async def test_a_password_is_not_sent_where_no_starttls_is_offered_and_the_remedy_is_named(
    trusted: ssl.SSLContext, downgraded: bool
) -> None:
    async with a_login(trusted if downgraded else None, downgraded=downgraded) as login:
        outcome = await sent_by(f"smtp://drive:secret@127.0.0.1:{login.port}")
    assert isinstance(outcome, Retry)
    assert "smtps://" in outcome.reason
    assert "?tls=none" in outcome.reason
    assert (login.passwords, login.encrypted) == ([], [])


async def test_a_password_is_sent_in_the_clear_where_the_url_says_so() -> None:
    async with a_login() as login:
        outcome = await sent_by(f"smtp://drive:secret@127.0.0.1:{login.port}?tls=none")
    assert isinstance(outcome, Sent), outcome
    assert (login.passwords, login.encrypted) == ([b"secret"], [False])


async def test_a_mail_without_a_password_goes_in_the_clear_where_no_starttls_is_offered() -> None:
    async with a_login() as login:
        outcome = await sent_by(f"smtp://127.0.0.1:{login.port}")
    assert isinstance(outcome, Sent), outcome


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_nobody_vouches_for_gets_no_password(tls: ssl.SSLContext, scheme: str) -> None:
    async with a_login(tls, at_once=scheme == "smtps") as login:
        outcome = await sent_by(f"{scheme}://drive:secret@127.0.0.1:{login.port}")
    assert isinstance(outcome, Retry)
    assert "self-signed certificate" in outcome.reason
    assert (login.passwords, login.encrypted) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_an_outage_by_a_certificate_does_not_end_because_the_server_can_be_reached(
    tls: ssl.SSLContext, scheme: str, lines: list[Any]
) -> None:
    async with a_login(tls, at_once=scheme == "smtps") as login:
        outage = Outage("mail")
        mail = SmtpMail(
            MailServer.of(f"{scheme}://drive:secret@127.0.0.1:{login.port}"), Sender("drive@bhxh.example"), outage
        )
        await mail.send(an_outgoing_message())
        with pytest.raises(Exception, match="refused the last session"):
            await mail.probe()
    outage.close()
    assert outages_in(lines) == [("outage_began", "mail")]

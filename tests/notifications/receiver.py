"""A webhook receiver on a real port, which checks every signature as a partner would."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook


@dataclass(frozen=True)
class Call:
    """One request, its signature found good."""

    id: str
    events: list[dict[str, Any]]
    raw: str
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        """Of the body."""
        return self.headers["content-type"]

    @property
    def body(self) -> dict[str, Any]:
        """The event, where there is one."""
        [event] = self.events
        return event


@dataclass
class Receiver:
    """`answers` are used up one by one, then it answers 200. While `gate` is closed it does not answer."""

    secret: str = ""
    answers: list[web.Response] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    arrived: asyncio.Queue[Call] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """Where to call it."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, request: web.Request) -> web.Response:
        """Check, remember, answer."""
        raw = await request.text()
        Webhook(self.secret).verify(raw, dict(request.headers))
        call = Call(request.headers["webhook-id"], json.loads(raw), raw, request.headers)
        self.calls.append(call)
        self.arrived.put_nowait(call)
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else web.Response(status=200)


@asynccontextmanager
async def a_receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens; its secret is set by the test."""
    receiver = Receiver()
    receiver.gate.set()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()


def self_signed(folder: Path) -> ssl.SSLContext:
    """TLS with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "receiver.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context

"""deploy/nginx.conf in a real nginx before a real API: what passes, what does not, and what the API is told."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import ASGIApp, Receive, Scope, Send

from drive.hosting.services import create_app
from drive.hosting.serving import serving
from services.waiting import poll
from services.web.middleware import MAX_BODY_BYTES
from tests.conftest import MakeRuntime
from tests.support.debian import program
from tests.support.needed import HOW_TO_GET_NGINX
from tests.support.processes import answers, free_port, is_root

CONFIGURATION = Path(__file__).parents[2] / "deploy/nginx.conf"
HOST = "targets.example.org"
DEADLINE_SECONDS = 20


def write_certificate(folder: Path) -> None:
    """For the host, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "fullchain.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))


@dataclass
class Behind:
    """What the API has seen: its callers' ports, and the headers of the last request."""

    port: int
    callers: set[int] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)


class Noting:
    """An app that notes who calls it, and with which headers."""

    def __init__(self, app: ASGIApp, behind: Behind) -> None:
        self._app, self._behind = app, behind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._behind.callers.add(scope["client"][1])
        self._behind.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await self._app(scope, receive, send)


@dataclass
class Proxied:
    """A client of nginx, the API behind it, and nginx's log."""

    http: aiohttp.ClientSession
    behind: Behind
    https: int
    plain: int
    log: Path

    def url(self, path: str) -> str:
        """Through nginx."""
        return f"https://{HOST}:{self.https}{path}"


@contextmanager
def nginx(folder: Path, api: int, https: int, plain: int) -> Iterator[None]:
    """The file as it is, but for ports, certificates and the place of the log."""
    text = CONFIGURATION.read_text().replace("127.0.0.1:8002", f"127.0.0.1:{api}")
    text = text.replace("/etc/ssl/drive", str(folder)).replace("/var/log/nginx", str(folder))
    text = text.replace("listen 443", f"listen 127.0.0.1:{https}").replace("listen 80", f"listen 127.0.0.1:{plain}")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if is_root() else ""  # else its workers may not write to the folder of a test
    main = f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
    main += f"http {{\naccess_log off;\n{temporary}{text}\n}}\n"
    (folder / "nginx.conf").write_text(main)
    process = subprocess.Popen(
        [program("nginx", "nginx", HOW_TO_GET_NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


@asynccontextmanager
async def client(https: int) -> AsyncIterator[aiohttp.ClientSession]:
    """One that resolves the host to this machine and trusts whatever certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    resolver = _Here()
    connector = aiohttp.TCPConnector(ssl=context, resolver=resolver)
    async with aiohttp.ClientSession(connector=connector) as http:
        yield http


class _Here(aiohttp.abc.AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[aiohttp.abc.ResolveResult]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing to close."""


@asynccontextmanager
async def proxied(make_runtime: MakeRuntime, folder: Path) -> AsyncIterator[Proxied]:
    """nginx before an API."""
    write_certificate(folder)
    behind, https, plain = Behind(free_port()), free_port(), free_port()
    runtime = await make_runtime("targets", api_port=behind.port)
    app = create_app(runtime)

    app.add_middleware(Noting, behind=behind)
    async with serving(app, runtime.settings, "api_port"), client(https) as http:
        with nginx(folder, behind.port, https, plain):
            async with asyncio.timeout(DEADLINE_SECONDS):
                await poll(lambda: asyncio.to_thread(answers, plain, b"GET / HTTP/1.0\r\n\r\n"), bool)
            yield Proxied(http, behind, https, plain, folder / "drive.log")


async def test_requests_pass_with_their_id_and_what_operators_see_does_not(
    make_runtime: MakeRuntime, tmp_path: Path
) -> None:
    async with proxied(make_runtime, tmp_path) as proxy:
        async with proxy.http.get(proxy.url("/v1/targets?q=a%20name"), headers={"X-Request-Id": "partner-0001"}) as it:
            assert (it.status, it.headers["X-Request-Id"]) == (401, "partner-0001")
            assert it.headers["Content-Type"] == "application/problem+json"
            assert it.headers["Strict-Transport-Security"]
        async with proxy.http.get(proxy.url("/v1/targets"), headers={"X-Request-Id": "<script>"}) as it:
            assert re.fullmatch("[0-9a-f]{32}", it.headers["X-Request-Id"])
        for path in ("/metrics", "/health/ready", "/health/live", "/docs", "/docs/assets/swagger-ui.css"):
            async with proxy.http.get(proxy.url(path)) as it:
                assert it.status == 404, path
            async with proxy.http.get(f"http://127.0.0.1:{proxy.behind.port}{path}") as it:
                assert it.status == 200, path
        async with proxy.http.get(proxy.url("/openapi.json")) as it:
            assert it.status == 200
        async with proxy.http.get(proxy.url("/a/token.of.a-link?token=1")) as it:
            assert it.status == 404
        log = proxy.log.read_text()
        assert "partner-0001" in log
        assert "name" not in log, "queries may name people"
        assert ("token" in log, '"GET /a/" 404' in log) == (False, True), "whoever has the token of a link can use it"


async def test_bodies_headers_and_claims_are_kept_within_limits(make_runtime: MakeRuntime, tmp_path: Path) -> None:
    async with proxied(make_runtime, tmp_path) as proxy:
        async with proxy.http.post(proxy.url("/v1/targets"), data=b" " * (MAX_BODY_BYTES + 1)) as it:
            assert (it.status, it.headers["Content-Type"]) == (413, "application/problem+json")
        async with proxy.http.post(proxy.url("/v1/targets"), data=b" " * 6_000_000) as it:
            assert (it.status, it.headers["Content-Type"]) == (413, "text/html")
        async with proxy.http.get(proxy.url("/v1/targets"), headers={"X-Long": "x" * 10_000}) as it:
            assert it.status == 400
        claims = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "Forwarded": "for=203.0.113.9"}
        async with proxy.http.get(proxy.url("/v1/targets"), headers=claims) as it:
            assert it.status == 401
        assert proxy.behind.headers["x-forwarded-for"] == "127.0.0.1"
        assert proxy.behind.headers["host"] == HOST
        assert {"forwarded", "x-forwarded-host"}.isdisjoint(proxy.behind.headers)


async def test_connections_to_the_api_are_kept_and_plain_http_is_sent_to_https(
    make_runtime: MakeRuntime, tmp_path: Path
) -> None:
    async with proxied(make_runtime, tmp_path) as proxy:
        for _ in range(20):
            async with proxy.http.get(proxy.url("/v1/targets")) as it:
                assert it.status == 401
        assert len(proxy.behind.callers) <= 2
        plain = f"http://{HOST}:{proxy.plain}/v1/targets?limit=1"
        async with proxy.http.post(plain, data=b"{}", allow_redirects=False) as it:
            assert (it.status, it.headers["Location"]) == (308, f"https://{HOST}/v1/targets?limit=1")
        with pytest.raises(aiohttp.ClientConnectorSSLError):
            await proxy.http.get(f"https://other.example:{proxy.https}/")

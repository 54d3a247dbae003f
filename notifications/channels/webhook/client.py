"""POST requests to addresses that may be called alone, without redirects and cookies."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiohttp import AddrInfoType, ClientError, ClientSession, ClientTimeout, DummyCookieJar, InvalidURL, TCPConnector
from yarl import URL

from notifications.channels.kind import ChannelEnvironment
from notifications.channels.mail.headers import one_line
from notifications.channels.sockets import end_unread
from notifications.channels.webhook.answers import of_http_answer, retry_after
from notifications.channels.webhook.resolver import AddressRefused, GuardedResolver
from notifications.domain.delivery import Outcome, Refused, Retry
from notifications.domain.endpoint import literal_address
from services.clock import Clock

TIMEOUT_SECONDS = 20.0
USER_AGENT: Final = "drive-notifications/1"


class GuardedClient:
    """Sends bodies. `sessions` holds one client per URL scheme with the resolver it uses."""

    def __init__(self, sessions: Mapping[str, tuple[ClientSession, GuardedResolver]], clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def post(self, address: str, body: str, headers: Mapping[str, str]) -> Outcome:
        """Make one attempt; whatever the receiver or the network do, it does not raise."""
        try:
            return await self._post(URL(address, encoded=True), body, {"user-agent": USER_AGENT} | dict(headers))
        except (AddressRefused, InvalidURL) as error:
            return Refused(str(error))
        except TimeoutError:
            return Retry(f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except (ClientError, OSError) as error:
            return Retry(one_line(str(error)) or repr(error))
        except ValueError as error:  # a host name that no encoding fits; after OSError, as TLS errors are both
            return Refused(str(error))

    async def _post(self, url: URL, body: str, headers: Mapping[str, str]) -> Outcome:
        session, resolver = self._sessions[url.scheme]
        literal = literal_address(url.host or "")
        if literal and not resolver.permits(literal):
            raise AddressRefused(f"{url.host} is no address that may be called")
        async with session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
            return of_http_answer(answer.status, retry_after(answer.headers.get("retry-after", ""), self._clock.now()))


@asynccontextmanager
async def open_client(environment: ChannelEnvironment) -> AsyncIterator[GuardedClient]:
    """https may go to public and to allowed addresses, http to allowed ones only."""
    async with AsyncExitStack() as stack:
        sessions = {}
        for scheme, public in (("https", True), ("http", False)):
            resolver = GuardedResolver(environment.settings.webhook_allow, public=public)
            sessions[scheme] = (await stack.enter_async_context(_session(resolver)), resolver)
        yield GuardedClient(sessions, environment.clock)


def _session(resolver: GuardedResolver) -> ClientSession:
    return ClientSession(
        connector=TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True, socket_factory=_connection),
        timeout=ClientTimeout(total=TIMEOUT_SECONDS),
        cookie_jar=DummyCookieJar(),
    )


def _connection(address: AddrInfoType) -> socket.socket:
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    end_unread(made, TIMEOUT_SECONDS)
    return made

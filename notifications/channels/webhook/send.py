"""Sends webhooks after Standard Webhooks (standardwebhooks.com): signed, without redirects, to allowed addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, InvalidURL, TCPConnector
from standardwebhooks import Webhook
from yarl import URL

from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.webhook.answers import of_http_answer, retry_after
from notifications.channels.webhook.compose import CONTENT_TYPE, body_of
from notifications.channels.webhook.resolver import AddressRefused, GuardedResolver
from notifications.domain.delivery import Outcome, Refused, Retry
from notifications.domain.endpoint import literal_address
from notifications.messages.outgoing_message import OutgoingMessage
from services.clock import Clock
from services.security.sealing import SecretLost

TIMEOUT_SECONDS = 20.0


class Webhooks:
    """Sends messages as signed POST requests. `sessions` holds one client per URL scheme with the resolver it uses."""

    def __init__(
        self, sessions: dict[str, tuple[ClientSession, GuardedResolver]], secrets: SigningSecrets, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._secrets = secrets
        self._clock = clock

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Make one attempt; whatever the receiver or the network do, it does not raise."""
        body = body_of(message)
        try:
            headers = self._headers(message, body)
            return await self._post(URL(message.address, encoded=True), body, headers)
        except (AddressRefused, SecretLost, InvalidURL) as error:
            return Refused(str(error))
        except TimeoutError:
            return Retry(f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except (ClientError, OSError) as error:
            return Retry(str(error) or repr(error))
        except ValueError as error:  # a host name that no encoding fits; after OSError, as TLS errors are both
            return Refused(str(error))

    async def _post(self, url: URL, body: str, headers: dict[str, str]) -> Outcome:
        session, resolver = self._sessions[url.scheme]
        literal = literal_address(url.host or "")
        if literal and not resolver.permits(literal):
            raise AddressRefused(f"{url.host} is no address that may be called")
        async with session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
            return of_http_answer(answer.status, retry_after(answer.headers.get("retry-after", ""), self._clock.now()))

    def _headers(self, message: OutgoingMessage, body: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "content-type": CONTENT_TYPE,
            "user-agent": "drive-notifications/1",
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(self._signatures(message, now, body)),
        }

    def _signatures(self, message: OutgoingMessage, now: datetime, body: str) -> list[str]:
        """One for each valid secret, the newest first: the receiver may know either."""
        secrets = [self._secrets.open(message.secret or "", message.route_name)]
        if message.previous_secret:
            with suppress(SecretLost):
                secrets.append(self._secrets.open(message.previous_secret, message.route_name))
        return [Webhook(secret).sign(str(message.id), now, body) for secret in secrets]


@asynccontextmanager
async def open_webhooks(environment: ChannelEnvironment) -> AsyncIterator[Send]:
    """https may go to public and to allowed addresses, http to allowed ones only."""
    async with AsyncExitStack() as stack:
        sessions = {}
        for scheme, public in (("https", True), ("http", False)):
            resolver = GuardedResolver(environment.settings.webhook_allow, public=public)
            sessions[scheme] = (await stack.enter_async_context(_session(resolver)), resolver)
        yield Webhooks(sessions, environment.secrets, environment.clock).send


def _session(resolver: GuardedResolver) -> ClientSession:
    return ClientSession(
        connector=TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True),
        timeout=ClientTimeout(total=TIMEOUT_SECONDS),
        cookie_jar=DummyCookieJar(),
    )

"""Webhooks after Standard Webhooks (standardwebhooks.com): signed, without redirects, and never into the house."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, InvalidURL, TCPConnector
from standardwebhooks import Webhook
from yarl import URL

from notifications.deliveries.resolver import AddressRefused, GuardedResolver
from notifications.deliveries.store import Parcel
from notifications.domain.addresses import Network
from notifications.domain.delivery import LONGEST_WAIT, Outcome, Refused, Retry, of_http_answer
from notifications.domain.endpoint import literal_address
from notifications.routing.secrets import SecretBox, SecretLost
from services.clock import Clock

TIMEOUT_SECONDS = 20.0


class Webhooks:
    """Sends parcels as signed POST requests. `sessions` holds one client per URL scheme with the resolver it uses."""

    def __init__(
        self, sessions: dict[str, tuple[ClientSession, GuardedResolver]], secrets: SecretBox, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._secrets = secrets
        self._clock = clock

    async def send(self, parcel: Parcel) -> Outcome:
        """What came of one attempt; whatever the receiver or the network do, it does not raise."""
        body = body_of(parcel)
        try:
            headers = self._headers(parcel, body)
            return await self._post(URL(parcel.address, encoded=True), body, headers)
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

    def _headers(self, parcel: Parcel, body: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "content-type": "application/json",
            "user-agent": "drive-notifications/1",
            "webhook-id": str(parcel.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(self._signatures(parcel, now, body)),
        }

    def _signatures(self, parcel: Parcel, now: datetime, body: str) -> list[str]:
        """One for each secret that is good, the newest first: the receiver may know either."""
        secrets = [self._secrets.open(parcel.secret or "", parcel.route_name)]
        if parcel.previous_secret:
            with suppress(SecretLost):
                secrets.append(self._secrets.open(parcel.previous_secret, parcel.route_name))
        return [Webhook(secret).sign(str(parcel.id), now, body) for secret in secrets]


def body_of(parcel: Parcel) -> str:
    """The same in every attempt: the alert as it was at that change."""
    content = {
        "type": f"drive.alert.{parcel.change}.v1",
        "timestamp": _rfc3339(parcel.queued_at),
        "data": parcel.alert,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def retry_after(value: str, now: datetime) -> timedelta | None:
    """The header Retry-After (RFC 9110, 10.2.3): seconds, or a date in any of the three forms of HTTP."""
    if value.isascii() and value.isdigit():
        digits = value.lstrip("0")
        return timedelta(seconds=int(digits or "0")) if len(digits) < 10 else LONGEST_WAIT
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


@asynccontextmanager
async def open_webhooks(allowed: Sequence[Network], secrets: SecretBox, clock: Clock) -> AsyncIterator[Webhooks]:
    """https may go to public and to allowed addresses, http to allowed ones only."""
    async with AsyncExitStack() as stack:
        sessions = {}
        for scheme, public in (("https", True), ("http", False)):
            resolver = GuardedResolver(allowed, public=public)
            sessions[scheme] = (await stack.enter_async_context(_session(resolver)), resolver)
        yield Webhooks(sessions, secrets, clock)


def _session(resolver: GuardedResolver) -> ClientSession:
    return ClientSession(
        connector=TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True),
        timeout=ClientTimeout(total=TIMEOUT_SECONDS),
        cookie_jar=DummyCookieJar(),
    )

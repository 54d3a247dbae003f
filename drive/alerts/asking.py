"""What `drive alerts` asks the notifications service for."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp

from drive.alerts.wanted import Unanswered, Wanted
from drive.client.client import Client, Refused
from drive.hosting.configuration import Configuration
from services.clock import SystemClock
from services.context import context_of
from services.security.tokens import Tokens
from services.web.lists import MOST

_ORGANISATION: Final = "DRIVE"
"""For whom the command asks, as the log of requests shows it."""
_LIFETIME: Final = timedelta(minutes=5)
_PATH: Final = "/v1/alerts"


_QUERIES: Final[Mapping[Wanted, tuple[dict[str, str], ...]]] = {
    Wanted.UNRESOLVED: ({"status": "open"}, {"status": "acknowledged"}, {"status": "reported"}),
    Wanted.ALL: ({},),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the service at the addresses of the settings, with tokens of its own."""

    settings: Configuration
    tokens: Tokens

    def now(self) -> datetime:
        """The time that the services go by, on the business day of the settings where they name one."""
        return context_of(SystemClock(self.settings.common.today)).at

    async def list(self, wanted: Wanted, filters: Mapping[str, str], most: int) -> list[Any]:
        """At most so many alerts, the newest first. Raises Unanswered."""
        async with self._client() as client:
            found = [await self._page(client, {**filters, **query}, most) for query in _queries(wanted)]
        return list(heapq.merge(*found, key=lambda alert: str(alert["id"]), reverse=True))[:most]

    async def show(self, alert_id: str) -> dict[str, Any]:
        """The alert, its report, and all of its timeline. Raises Unanswered."""
        async with self._client() as client:
            alert, report = [await _get(client, f"{_PATH}/{alert_id}{part}", {}) for part in ("", "/report")]
            return {"alert": alert, "report": report, "timeline": await _timeline(client, alert_id)}

    async def _page(self, client: Client, query: Mapping[str, str], most: int) -> Any:
        answer = await _get(client, _PATH, {**query, "limit": str(most)})
        return answer["items"]

    def _client(self) -> Client:
        now = SystemClock().now()
        token = self.tokens.issue(_ORGANISATION, frozenset({"alerts:read"}), now, _LIFETIME)
        return Client(self.settings.addresses(), token)


def _queries(wanted: Wanted) -> tuple[dict[str, str], ...]:
    return _QUERIES.get(wanted, ({"status": wanted.value},))


async def _timeline(client: Client, alert_id: str) -> list[Any]:
    found: list[Any] = []
    after: str | None = "0"
    while after is not None:
        page = await _get(client, f"{_PATH}/{alert_id}/timeline", {"after": after, "limit": str(MOST)})
        found += page["items"]
        after = page["next"]
    return found


async def _get(client: Client, path: str, query: Mapping[str, str]) -> Any:
    try:
        return await client.send("GET", "notifications", path, params=query)
    except (Refused, aiohttp.ClientError, TimeoutError) as error:
        raise Unanswered(str(error) or repr(error)) from error

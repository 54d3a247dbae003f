"""What `drive alerts` asks the notifications service for."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from drive.alerts.wanted import Heard, Wanted
from drive.client.asking import Unanswered, ask, asking
from drive.client.events import Event
from drive.hosting.configuration import Configuration
from services.clock import SystemClock
from services.context import context_of
from services.pages import MOST
from services.security.tokens import Tokens

_PATH: Final = "/v1/alerts"
AGAIN_SECONDS: Final = 1.0
"""After what a stream that has ended is opened again: its token expires, its process ends."""


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
        found = [await self._page({**filters, **query}, most) for query in _queries(wanted)]
        return list(heapq.merge(*found, key=lambda alert: str(alert["id"]), reverse=True))[:most]

    async def hear(self, wanted: Wanted, filters: Mapping[str, str]) -> AsyncIterator[Heard]:
        """What the stream of these alerts says, without end. Each time it is opened it goes on where it ended."""
        last_id = ""
        while True:
            try:
                async for event in self._events(_of_stream(wanted, filters), last_id):
                    last_id = event.id or last_id
                    yield Heard(changed=bool(event.id))  # which ends what has changed together
            except Unanswered as error:
                yield Heard(failure=str(error))
            await asyncio.sleep(AGAIN_SECONDS)

    async def _events(self, query: Mapping[str, str], last_id: str) -> AsyncIterator[Event]:
        """With one that is empty as soon as it is open."""
        async with (
            asking(self.settings, self.tokens, "alerts:read") as client,
            client.listen("notifications", f"{_PATH}/stream", query, last_id) as events,
        ):
            yield Event()
            async for event in events:
                yield event

    async def show(self, alert_id: str) -> dict[str, Any]:
        """The alert, its report, and all of its timeline. Raises Unanswered."""
        alert, report = [await self._get(f"{_PATH}/{alert_id}{part}") for part in ("", "/report")]
        return {"alert": alert, "report": report, "timeline": await self._timeline(alert_id)}

    async def _page(self, query: Mapping[str, str], most: int) -> Any:
        answer = await self._get(_PATH, {**query, "limit": str(most)})
        return answer["items"]

    async def _timeline(self, alert_id: str) -> Sequence[Any]:
        found: list[Any] = []
        after: str | None = "0"
        while after is not None:
            page = await self._get(f"{_PATH}/{alert_id}/timeline", {"after": after, "limit": str(MOST)})
            found += page["items"]
            after = page["next"]
        return found

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        return await ask(self.settings, self.tokens, "alerts:read", "GET", path, query)


def _of_stream(wanted: Wanted, filters: Mapping[str, str]) -> dict[str, str]:
    """One status, or any: of `unresolved`, too, so that alerts are heard of when they are resolved."""
    return dict(filters) if wanted in _QUERIES else {**filters, "status": wanted.value}


def _queries(wanted: Wanted) -> tuple[dict[str, str], ...]:
    return _QUERIES.get(wanted, ({"status": wanted.value},))

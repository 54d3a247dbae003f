"""Steps that the tests of what people do about alerts share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from notifications.handling.deadlines import Deadlines
from services.clock import BUSINESS_ZONE
from tests.notifications.service import Episode, NotificationsService, an_episode

WORKING_AWAY = {"code": "working_away", "note": "until Tet"}


class Handled:
    """One alert, and what is done about it; each step sends the version that the one before has left."""

    def __init__(self, service: NotificationsService, client: httpx.AsyncClient | None = None) -> None:
        self.service = service
        self._client = client or service.client
        self.lag: Episode = an_episode()
        self.id = ""
        self.raised_at = ""

    async def begin(self, lag: Episode | None = None) -> Handled:
        """Raise it."""
        self.lag = lag or self.lag
        await self.service.handle(self.lag.fell_behind())
        [alert] = [a for a in await self.service.alerts() if a["target_id"] == str(self.lag.target_id)]
        self.id, self.raised_at = alert["id"], alert["raised_at"]
        return self

    def due_on(self, days: int = 7) -> str:
        """A day so many days from today."""
        return (self.service.clock.today() + timedelta(days=days)).isoformat()

    def remedy(self, days: int = 7, **more: Any) -> dict[str, Any]:
        """A remedy that is due in so many days."""
        return {"what": "Home visits", "who": "Bưu điện Cẩm Thủy", "due_on": self.due_on(days), **more}

    def report(self, *remedies: dict[str, Any], causes: Any = (WORKING_AWAY,)) -> dict[str, Any]:
        """The body of a report, without the version."""
        return {"causes": list(causes), "remedies": list(remedies) or [self.remedy()]}

    async def shown(self) -> dict[str, Any]:
        """As GET shows it."""
        shown: dict[str, Any] = await self.get("")
        return shown

    async def get(self, path: str, **query: Any) -> Any:
        """What is below it."""
        answer = await self.service.client.get(f"/v1/alerts/{self.id}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, path: str, version: int | None = None, **body: Any) -> httpx.Response:
        """POST below it, with the version that it has, where none is given."""
        seen = version or (await self.shown())["version"]
        return await self._client.post(f"/v1/alerts/{self.id}/{path}", json={"version": seen, **body})

    async def do(self, path: str, **body: Any) -> dict[str, Any]:
        """POST what is accepted."""
        answer = await self.send(path, **body)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def timeline(self) -> list[tuple[str, int]]:
        """Kind and version of each entry."""
        return [(entry["kind"], entry["version"]) for entry in (await self.get("/timeline"))["items"]]

    async def clock_looks(self) -> None:
        """The clock does what is due."""
        service = self.service
        await Deadlines(service.runtime.database, service.clock, service.runtime.settings.terms, lambda: None).meet()

    def wait_until(self, at: str | datetime) -> None:
        """Let time pass until then."""
        then = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        self.service.clock.advance(then - self.service.clock.now())

    def wait_for_the_day_after(self, day: str) -> None:
        """Let time pass until that day is over."""
        midnight = datetime.fromisoformat(day).replace(tzinfo=BUSINESS_ZONE) + timedelta(days=1)
        self.wait_until(midnight)

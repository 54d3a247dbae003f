"""Steps that the tests of digests share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from notifications.digests.runner import Digests
from services.clock import BUSINESS_ZONE
from tests.notifications.service import NotificationsService

DIRECTOR = "director"


def a_body(**more: Any) -> dict[str, Any]:
    """A daily digest of the province, on each day, to a route of mail."""
    everyday = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "holidays": True}
    return {"under": "38", "route": DIRECTOR, "every": "day", "at": "07:30", **everyday, **more}


async def put(service: NotificationsService, name: str = "thanh-hoa", **more: Any) -> httpx.Response:
    """PUT a digest."""
    return await service.client.put(f"/v1/digests/{name}", json=a_body(**more))


async def put_digest(service: NotificationsService, name: str = "thanh-hoa", **more: Any) -> dict[str, Any]:
    """The same, where it is accepted."""
    answer = await put(service, name, **more)
    assert answer.status_code in (200, 201), answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def put_director(service: NotificationsService, **more: Any) -> None:
    """A route of mail that no alert is told to."""
    await service.put_route(DIRECTOR, "director@example.org", min_level=100, **more)


async def clock_looks(service: NotificationsService) -> None:
    """The clock makes what is due."""
    await Digests(service.runtime.database, service.clock, lambda: None).look()


def wait_until(service: NotificationsService, at: str | datetime) -> None:
    """Let time pass until then."""
    then = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    service.clock.advance(then - service.clock.now())


def tomorrow(service: NotificationsService, hour: int, minute: int = 0) -> datetime:
    """That time of the next day in Vietnam."""
    day = service.clock.now().astimezone(BUSINESS_ZONE) + timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


async def digests(service: NotificationsService, **query: Any) -> list[dict[str, Any]]:
    """The deliveries of digests, oldest first."""
    return [each for each in await service.deliveries(**query) if each["digest_name"]]


async def previewed(service: NotificationsService, name: str = "thanh-hoa") -> dict[str, Any]:
    """What the digest would say now."""
    answer = await service.client.get(f"/v1/digests/{name}/preview")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown

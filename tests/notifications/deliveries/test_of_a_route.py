"""Deliveries are listed by the route to which they go."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from notifications.deliveries.queries import Filters, list_deliveries
from tests.notifications.service import NotificationsService, an_episode

HOOK, MAIL = "hook@example.org", "mail@example.org"


async def pages(service: NotificationsService, **query: Any) -> list[str]:
    """The alerts of all pages of two deliveries each, the oldest first."""
    found: list[str] = []
    after: dict[str, Any] = {}
    while True:
        answer = await service.client.get("/v1/deliveries", params={"limit": 2, **query, **after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += [each["alert_id"] for each in page["items"]]
        if page["next"] is None:
            return found[::-1]
        after = {"after": page["next"]}


async def test_those_of_a_route_are_listed_page_by_page_and_narrowed_further(service: NotificationsService) -> None:
    for name, address in (("hook", HOOK), ("mail", MAIL)):
        await service.put_route(name, address)
    for _ in range(5):
        await service.handle(an_episode().fell_behind())
    alerts = [alert["id"] for alert in await service.alerts()][::-1]
    assert await pages(service, route="hook") == await pages(service, route="mail") == alerts
    assert await pages(service, route="hook", alert_id=alerts[2]) == [alerts[2]]
    assert await pages(service, route="hook", state="failed") == []


async def test_those_of_a_route_that_was_removed_are_listed(service: NotificationsService) -> None:
    await service.put_route("hook", HOOK)
    await service.handle(an_episode().fell_behind())
    assert (await service.client.delete("/v1/routes/hook")).status_code == 204
    assert [each["state"] for each in await service.deliveries(route="hook")] == ["failed"]


async def test_a_route_that_there_never_was_is_refused_by_its_name(service: NotificationsService) -> None:
    await service.put_route("hook", HOOK)
    assert await service.deliveries(route="hook") == []
    answer = await service.client.get("/v1/deliveries", params={"route": "hok"})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/query/route")
    assert error["detail"].startswith("no route hok is there")


async def test_they_are_found_by_an_index(service: NotificationsService) -> None:
    await service.put_route("hook", HOOK)
    await service.handle(an_episode().fell_behind())
    await service.execute("""
        INSERT INTO deliveries SELECT copy.* FROM deliveries d CROSS JOIN generate_series(1, 5000) n CROSS JOIN LATERAL
            jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'alert_version', n + 1, 'route_name',
                                                        CASE WHEN n % 100 = 0 THEN 'hook' ELSE 'other' END)) copy
    """)
    await service.execute("ANALYZE deliveries")
    read = "SELECT sum(seq_tup_read + idx_tup_fetch) AS n FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'"
    async with service.runtime.database.read() as session:
        assert len(await list_deliveries(session, Filters(route="hook"), 51)) == 51
        assert (await session.execute(text(read))).scalar_one() < 200

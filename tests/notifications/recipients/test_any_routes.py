"""Whatever becomes of alerts, routes, chains and silences: each route knows what the explanation says it is to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from notifications.alerts.columns import COLUMNS, AlertColumns
from notifications.domain.delivery import Sent
from notifications.domain.recipients import reason_against
from notifications.routing.queries import all_routes, route_of
from services.persistence.statements import Query
from tests.notifications.escalations.steps import a_step, put_chain
from tests.notifications.handling.lives import ACTS, PATHS, Life
from tests.notifications.service import NotificationsService
from tests.notifications.silences.steps import clock_looks, silence

CLEAN: Final = text("TRUNCATE alerts, deliveries, outbox, routes, escalations, silences CASCADE")
CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"under": "38", "min_severity": "critical"},
    {"under": "BHXH-CT"},
    {"under": "BHXH-BT", "scheme": "household_health"},
    {"min_level": 9},
    {"organisation_code": "bd", "scheme": "household_health"},
    {"under": "15142", "min_level": 1},
    {"scheme": "voluntary_social"},
)
ORGANISATIONS: Final = ((), ("BD-1", "BD"), ("VN",))
CONCERNS: Final = Query(AlertColumns, text(f"SELECT {COLUMNS} FROM alerts a"))  # noqa: S608 - constants only


class Routed(Life):
    """A life beside which routes, a chain and a silence come and go."""

    async def move(self, n: int) -> None:
        """The target lies elsewhere, and belongs to others."""
        self.lag.path = PATHS[n % 4] if self.lag.path else ()
        self.lag.organisations = ORGANISATIONS[n % 3]
        await self._follow(lambda revision: self.lag.worsened(revision, self.lag.worst or "warning"))

    async def put_route(self, n: int) -> None:
        """Make or change a route."""
        self.service.advance(seconds=1)
        await self.service.put_route(f"r{n % 4}", f"r{n % 4}@example.org", **CONDITIONS[n % len(CONDITIONS)])

    async def remove_route(self, n: int) -> None:
        """Unless the chain names it."""
        answer = await self.service.client.delete(f"/v1/routes/r{n % 4}")
        assert answer.status_code in (204, 404, 409)

    async def change_chain(self, n: int) -> None:
        """Put it for whatever routes there are, or remove it."""
        names = [row.name for row in await self.service.query("SELECT name FROM routes ORDER BY name")]
        if names and n % 3:
            await put_chain(self.service, a_step("PT3H", names[0]), a_step("PT9H", *names[-n % 2 :]))
        else:
            await self.service.client.delete("/v1/escalations/chain")

    async def change_silence(self, n: int) -> None:
        """Put it for some hours, or end it."""
        if n % 3:
            await silence(self.service, under=("38", "BHXH-CT")[n % 2], hours=n)
        else:
            await self.service.client.delete("/v1/silences/storm")

    async def deliver(self, _: int) -> None:
        """What is due is sent, and what was hushed and is no more is looked at."""
        await clock_looks(self.service)
        while messages := await self.service.claim():
            for message in messages:
                await self.service.record(message, Sent())


acts = st.tuples(
    st.integers(0, 2),
    st.sampled_from(
        (
            *ACTS,
            *(Routed.put_route, Routed.remove_route, Routed.change_chain, Routed.change_silence, Routed.deliver),
            *(Routed.move,) * 5,
        )
    ),
    st.integers(0, 8),
)


async def concerns_those_who_are_told(service: NotificationsService, queued_before: set[Any]) -> set[Any]:
    """What was queued since; routes hear of a lag by themselves only where it concerns them."""
    async with service.runtime.database.read() as session:
        alerts = {row.id: row.concern for row in await session.all(CONCERNS)}
        routes = {row.name: route_of(row) for row in await all_routes(session)}
    rows = await service.query("SELECT id, queued_at, alert_id, route_name, change FROM deliveries")
    for row in rows:
        is_known = any(
            each.alert_id == row.alert_id and each.route_name == row.route_name for each in rows if each is not row
        )
        if row.change in ("raised", "worsened") and not is_known and (row.id, row.queued_at) not in queued_before:
            against = reason_against(routes[row.route_name], alerts[row.alert_id])
            assert against is None, (row.route_name, row.change, against)
    return {(row.id, row.queued_at) for row in rows}


async def knows_what_is_said(service: NotificationsService, alert: dict[str, Any]) -> None:
    """A route is notified of the alert where the explanation says so; whoever knows of it knows how it stands."""
    answer = await service.client.get("/v1/routes/explanation", params={"alert_id": alert["id"]})
    for each in answer.json()["items"]:
        told = await service.query(
            """
            SELECT d.alert ->> 'status' AS status FROM deliveries d JOIN routes r ON r.name = d.route_name
            WHERE d.alert_id = :alert AND r.name = :route AND d.state = 'sent' AND d.queued_at >= r.created_at
            ORDER BY d.alert_version
            """,
            alert=alert["id"],
            route=each["route"],
        )
        assert told or not each["notified"], (each, alert)
        assert not told or told[-1].status == alert["status"], (each, alert)


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(
    paths=st.lists(st.sampled_from(PATHS[:4]), min_size=3, max_size=3), story=st.lists(acts, min_size=20, max_size=30)
)
async def test_routes_know_what_the_explanation_says_of_every_alert(
    service: NotificationsService,
    paths: list[tuple[str, ...]],
    story: list[tuple[int, Callable[[Routed, int], Any], int]],
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    lives = [await Routed(service).start(path) for path in paths]
    for n in range(4):
        await lives[0].put_route(n)
    queued = await concerns_those_who_are_told(service, set())
    for target, act, n in story:
        await act(lives[target], n)
        queued = await concerns_those_who_are_told(service, queued) if act is not Routed.remove_route else queued
    await service.client.delete("/v1/silences/storm")
    service.clock.advance(timedelta(minutes=1))
    await lives[0].deliver(0)
    alerts = await service.alerts(limit=500)
    unresolved = [alert["target_id"] for alert in alerts if alert["status"] != "resolved"]
    assert len(unresolved) == len(set(unresolved))
    for alert in alerts:
        await knows_what_is_said(service, alert)

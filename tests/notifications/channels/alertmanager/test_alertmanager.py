"""Alerts pushed to a real Alertmanager, which sends its own webhook for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.notifications.reminders.steps import remind
from tests.notifications.service import MakeService, NotificationsService, an_episode
from tests.support.alertmanager import Alertmanager, an_alertmanager
from tests.support.processes import free_port
from tests.support.waiting import eventually, soon


@asynccontextmanager
async def a_hook() -> AsyncIterator[tuple[str, asyncio.Queue[dict[str, Any]]]]:
    """A receiver of Alertmanager's webhooks: its address, and what arrives."""
    arrived: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        arrived.put_nowait(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", arrived
    finally:
        await runner.cleanup()


async def send(service: NotificationsService, *events: Any) -> None:
    """Handle events and send what they make."""
    await service.handle(*events)
    await service.sender().send_due()


async def severities(alertmanager: Alertmanager) -> list[str]:
    """Of the alerts that are active there."""
    return sorted(alert["labels"]["severity"] for alert in await alertmanager.alerts())


async def test_an_alertmanager_takes_an_alert_its_worsening_and_its_end(
    make_service: MakeService, tmp_path: Path
) -> None:
    service = await make_service(public_url="https://drive.example.org")
    async with a_hook() as (url, arrived), an_alertmanager(tmp_path, url) as alertmanager:
        await service.put_route("ops", alertmanager.url, channel="alertmanager", language="en")
        lag = an_episode()
        await send(service, lag.fell_behind())
        [alert] = await alertmanager.alerts()
        [own] = await service.alerts()
        assert alert["labels"] == {
            "alertname": "TargetBehind",
            "alert": own["id"],
            "severity": "warning",
            "scheme": "household_health",
            "measure": "coverage",
            "target": own["target_id"],
            "unit": "15142",
            "group": "unit:BHXH-CT",
        }
        assert alert["annotations"]["summary"].startswith("Xã Cẩm Thạch: 6.2% of the way, 27% expected")
        assert "Short by: 1,187 by now" in alert["annotations"]["description"]
        assert alert["generatorURL"] == f"https://drive.example.org/v1/alerts/{own['id']}"
        assert (await soon(arrived.get()))["status"] == "firing"
        await send(service, lag.worsened())
        await eventually(lambda: severities(alertmanager), ["critical"])
        await send(service, lag.recovered())
        await eventually(lambda: severities(alertmanager), [])
    assert [delivery["state"] for delivery in await service.deliveries()] == ["sent"] * 3


async def test_an_open_alert_is_kept_for_longer_than_alertmanager_would_by_itself(
    service: NotificationsService, tmp_path: Path
) -> None:
    async with a_hook() as (url, _), an_alertmanager(tmp_path, url) as alertmanager:
        await service.put_route("ops", alertmanager.url, channel="alertmanager")
        await send(service, an_episode().fell_behind())
        [alert] = await alertmanager.alerts()
    ends_at = datetime.fromisoformat(alert["endsAt"])
    assert ends_at - service.clock.now() > timedelta(days=6)
    assert "generatorURL" not in alert or not alert["generatorURL"]


@pytest.mark.parametrize("address", ["https://am.example.org/api/v2/alerts", "https://am.example.org/?x=1", "ops@x.vn"])
async def test_an_address_that_is_not_of_the_alertmanager_alone_is_refused(
    service: NotificationsService, address: str
) -> None:
    answer = await service.client.put("/v1/routes/ops", json={"channel": "alertmanager", "address": address})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "/address")


async def test_on_a_pinned_day_an_open_alert_stays_active_at_an_alertmanager_on_real_time(
    make_service: MakeService, tmp_path: Path
) -> None:
    service = await make_service()
    async with a_hook() as (url, _), an_alertmanager(tmp_path, url) as alertmanager:
        service.clock.pin(date(2025, 10, 31))
        await service.put_route("ops", alertmanager.url, channel="alertmanager")
        lag = an_episode()
        await send(service, lag.fell_behind())
        assert await severities(alertmanager) == ["warning"]
        await send(service, lag.recovered())
        await eventually(lambda: severities(alertmanager), [])


async def test_an_alertmanager_that_was_restarted_hears_again_of_what_is_unresolved_by_itself(
    service: NotificationsService, tmp_path: Path
) -> None:
    port = free_port()
    lag, over = an_episode(), an_episode()
    async with a_hook() as (url, _):
        async with an_alertmanager(tmp_path, url, port=port) as alertmanager:
            await service.put_route("ops", alertmanager.url, channel="alertmanager")
            await send(service, lag.fell_behind(), lag.worsened(), over.fell_behind())
            [acknowledged] = await service.alerts(severity="warning")
            path = f"/v1/alerts/{acknowledged['id']}/acknowledgement"
            assert (await service.client.post(path, json={"version": acknowledged["version"]})).status_code == 200
            await service.sender().send_due()
        async with an_alertmanager(tmp_path, url, port=port) as alertmanager:
            assert await severities(alertmanager) == []
            await remind(service)
            service.advance(minutes=30)
            assert await remind(service) == 1
            assert await severities(alertmanager) == ["critical", "warning"]
            await send(service, over.recovered())
            await eventually(lambda: severities(alertmanager), ["critical"])
    attempts = await service.query("SELECT count(*) AS n FROM delivery_attempts GROUP BY delivery_id")
    assert {each.n for each in attempts} == {1}

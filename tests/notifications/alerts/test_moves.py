"""An alert whose unit or organisation lies elsewhere now concerns other routes, silences and inhibitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.vocabulary import Scope
from tests.notifications.service import Episode, NotificationsService, an_episode
from tests.notifications.silences.steps import clock_looks, silence, told

MAIL = "ops@example.org"
COLLECTED = {"scope": Scope("15142", organisation_code="BD-1"), "organisations": ("BD-1",)}


async def move(service: NotificationsService, lag: Episode, **to: Any) -> None:
    """The target goes on lagging as before, elsewhere; the clock looks, and what it finds is sent."""
    await service.handle(replace(lag, **to).worsened(severity="warning"))
    await clock_looks(service)
    await service.sender().send_due()


@pytest.mark.parametrize(
    ("conditions", "lag", "to"),
    [
        ({"under": "BHXH-BT"}, {}, {"path": ("38", "BHXH-BT", "15142")}),
        ({"organisation_code": "VN"}, COLLECTED, {"organisations": ("BD-1", "VN")}),
    ],
)
async def test_a_route_hears_of_an_open_alert_that_has_come_to_concern_it(
    service: NotificationsService, conditions: dict[str, Any], lag: dict[str, Any], to: dict[str, Any]
) -> None:
    await service.put_route("ops", MAIL)
    await service.put_route("new", MAIL, **conditions)
    moving = an_episode(**lag)
    await service.handle(moving.fell_behind())
    await move(service, moving, **to)
    await clock_looks(service)
    assert (await told(service, "ops"), await told(service, "new")) == (["raised"], ["raised"])
    await service.handle(moving.recovered())
    assert await told(service, "new") == ["raised", "resolved"]


async def test_an_alert_that_has_left_the_silenced_area_is_told(service: NotificationsService) -> None:
    await service.put_route("ops", MAIL)
    await silence(service, under="BHXH-CT")
    lag = an_episode()
    await service.handle(lag.fell_behind())
    await move(service, lag, path=("38", "BHXH-CT", "15127"))
    assert await told(service) == []
    await service.handle(replace(lag, path=("38", "BHXH-BT", "15142")).worsened(3, severity="warning"))
    await clock_looks(service)
    assert await told(service) == ["raised"]


async def test_nobody_hears_again_where_an_alert_stays_or_is_resolved(service: NotificationsService) -> None:
    await service.put_route("new", MAIL, under="BHXH-BT")
    lag = an_episode(**COLLECTED)
    await service.handle(lag.fell_behind())
    await move(service, lag)
    assert await service.query("SELECT alert_id FROM hushed_alerts") == []
    await service.handle(lag.recovered())
    await service.handle(replace(lag, path=("38", "BHXH-BT", "15142")).recovered(4))
    assert await service.query("SELECT alert_id FROM hushed_alerts") == []
    assert await told(service, "new") == []

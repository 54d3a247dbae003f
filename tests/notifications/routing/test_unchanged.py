"""A PUT of what is so already changes nothing: neither the row, nor what open alerts wait for. Others are logged."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from tests.notifications.escalations.steps import a_step, from_now_on, put_chain, put_routes
from tests.notifications.service import NotificationsService
from tests.notifications.silences.steps import a_body

STEPS = [a_step("PT4H", "a")]
PUTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("routes", {"channel": "mail", "address": "a@example.org", "min_level": 9}, {"language": "en"}),
    ("escalations", {"under": "38", "steps": STEPS}, {"steps": [a_step("PT5H", "a")]}),
    ("silences", {}, {"reason": "flood"}),
    ("inhibitions", {"under": "38"}, {"under": "15127"}),
    ("digests", {"under": "38", "route": "a", "every": "day", "at": "07:30"}, {"at": "08:30"}),
]
_CHANGED_AT = {"silences": "put_at"}


@pytest.mark.parametrize(("what", "body", "other"), PUTS, ids=[what for what, _, _ in PUTS])
async def test_what_is_so_already_stays_as_it_is_and_what_is_not_is_changed(
    service: NotificationsService, what: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    await put_routes(service, "a")
    path, body = f"/v1/{what}/a", body or a_body(service)
    first = (await service.client.put(path, json=body)).json()
    service.advance(seconds=60)
    again = await service.client.put(path, json=body)
    assert (again.status_code, again.json()) == (200, first)
    changed = await service.client.put(path, json=body | other)
    at = _CHANGED_AT.get(what, "updated_at")
    assert changed.status_code == 200, changed.text
    assert changed.json()[at] > first[at]


@pytest.mark.parametrize(("what", "body", "_"), PUTS, ids=[what for what, _, _ in PUTS])
async def test_what_is_put_and_what_is_removed_is_logged_by_its_name(
    service: NotificationsService, what: str, body: dict[str, Any], _: dict[str, Any]
) -> None:
    await put_routes(service, "a")
    path, kind = f"/v1/{what}/b", what.removesuffix("s")
    with structlog.testing.capture_logs() as logs:
        for answer in (await service.client.put(path, json=body or a_body(service)), await service.client.delete(path)):
            assert answer.is_success, answer.text
    ended = "ended" if what == "silences" else "removed"
    assert {line["event"]: line.get(kind) for line in logs}.items() >= {
        f"{kind}_put": "b",
        f"{kind}_{ended}": "b",
    }.items()


async def test_open_alerts_are_not_looked_at_again_where_their_chain_is_what_it_was(
    service: NotificationsService,
) -> None:
    await put_routes(service, "a")
    await put_chain(service, *STEPS)
    await service.handle(from_now_on(service).fell_behind())
    await service.execute("UPDATE alerts SET next_escalation_at = '2025-12-24'")
    await put_chain(service, *STEPS)
    [alert] = await service.query("SELECT next_escalation_at::date::text AS day FROM alerts")
    assert alert.day == "2025-12-24"


async def test_a_silence_that_was_ended_begins_anew_where_it_is_put_as_it_was(service: NotificationsService) -> None:
    body = a_body(service)
    await service.client.put("/v1/silences/a", json=body)
    await service.client.delete("/v1/silences/a")
    assert (await service.client.put("/v1/silences/a", json=body)).json()["state"] == "active"

"""An alert whose stored row cannot be read takes no other with it, whatever is asked for."""

from __future__ import annotations

import csv
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from services.web.table_body import CSV, XLSX
from tests.notifications.digests.steps import previewed, put_digest, put_director
from tests.notifications.handling.steps import Handled
from tests.notifications.reminders.steps import wait
from tests.notifications.service import NotificationsService

DAMAGES = {
    "figures of another version": 'figures = \'{"on": "2025-10-26"}\'',
    "no figures": "figures = '[]'",
    "a report that counts in words": 'report = \'{"causes": null, "planned": "two", "missed": [], "done": 0}\'',
    "a report that is a list": "report = '[1, 2]'",
    "nobody reported": "reported_by = '{\"name\": 7}'",
    "a path that is none": "path = '\"38\"'",
}
COUNTED = DAMAGES | {
    "a report of more than there can be": 'report = \'{"causes": [{}, null], "planned": 1e300, "missed": -1}\'',
    "figures of more than there can be": "figures = '{\"short_by\": 1e300}'",
    "a path of anything": "path = '[{}, null, 7]'",
}


async def three(service: NotificationsService, damage: str) -> tuple[list[Handled], Handled]:
    """Three alerts, the oldest first, of which the one in the middle was damaged."""
    handled = [await Handled(service).begin() for _ in range(3)]
    for each in handled:
        await each.do("report", **each.report())
    await service.execute(f"UPDATE alerts SET {damage} WHERE id = :id", id=handled[1].id)  # noqa: S608 - of this test
    return [handled[2], handled[0]], handled[1]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_lists_and_files_pass_over_it(service: NotificationsService, damage: str) -> None:
    others, damaged = await three(service, damage)
    ids = [each.id for each in others]
    assert [alert["id"] for alert in await service.alerts()] == ids
    assert await paged(service) == ids
    answer = await service.client.get("/v1/alerts", headers={"Accept": CSV})
    assert [row["id"] for row in csv.DictReader(answer.text.removeprefix("\ufeff").splitlines())] == ids
    answer = await service.client.get("/v1/alerts", headers={"Accept": XLSX})
    names, *rows = load_workbook(BytesIO(answer.content)).worksheets[0].values
    assert [row[names.index("id")] for row in rows] == ids
    assert damaged.id not in ids


async def paged(service: NotificationsService) -> list[str]:
    """The ids of all pages of one alert each."""
    found: list[str] = []
    after: dict[str, Any] = {}
    for _ in range(3):
        page = (await service.client.get("/v1/alerts", params={"limit": 1, **after})).json()
        found += [alert["id"] for alert in page["items"]]
        after = {"after": page["next"]}
    assert page["next"] is None
    return found


@pytest.mark.parametrize("damage", COUNTED.values(), ids=COUNTED)
async def test_figures_count_it(service: NotificationsService, damage: str) -> None:
    await three(service, damage)
    period = {"from": "2025-10-01", "to": "2025-10-31"}
    for under in ({}, {"under": "38"}):
        answer = await service.client.get("/v1/alerts/statistics", params=period | under)
        assert answer.status_code == 200, answer.text
        assert answer.json()["whole"]["reported"] >= 2
        answer = await service.client.get("/v1/alerts/statistics/causes", params=period | under)
        assert answer.status_code == 200, answer.text
        assert sum(each["alerts"] for each in answer.json()["items"]) >= 2


@pytest.mark.parametrize("path", ["", "/report"])
async def test_asked_for_alone_it_says_what_cannot_be_read(service: NotificationsService, path: str) -> None:
    _, damaged = await three(service, DAMAGES["no figures"])
    answer = await service.client.get(f"/v1/alerts/{damaged.id}{path}")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (500, "unreadable")
    assert answer.json()["detail"] == f"the alert {damaged.id} cannot be read: figures"


@pytest.mark.parametrize("damage", COUNTED.values(), ids=COUNTED)
async def test_reminders_and_digests_of_others_are_made(service: NotificationsService, damage: str) -> None:
    await service.put_route("ops", "ops@example.org")
    await put_director(service)
    await put_digest(service, under=None)
    damaged, other = [await Handled(service).begin() for _ in range(2)]
    await service.sender().send_due()
    await service.execute(f"UPDATE alerts SET {damage} WHERE id = :id", id=damaged.id)  # noqa: S608 - of this test
    await wait(service, 25)
    [row] = await service.query("SELECT reminders FROM deliveries WHERE alert_id = :id", id=other.id)
    assert row.reminders == 1
    assert [each["alert"]["id"] for each in (await previewed(service))["gravest"]][:1] == [other.id]


async def test_its_timeline_is_shown(service: NotificationsService) -> None:
    _, damaged = await three(service, DAMAGES["no figures"])
    assert await damaged.timeline() == [("raised", 1), ("reported", 2)]


@pytest.mark.parametrize("path", ["/v1/routes/explanation", "/v1/escalations/plan"])
async def test_what_would_become_of_it_says_what_cannot_be_read(service: NotificationsService, path: str) -> None:
    _, damaged = await three(service, DAMAGES["no figures"])
    answer = await service.client.get(path, params={"alert_id": damaged.id})
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (500, "unreadable")


async def test_nobody_acts_on_what_they_cannot_see(service: NotificationsService) -> None:
    _, damaged = await three(service, DAMAGES["no figures"])
    answer = await damaged.send("resolution", version=2, reason="The unit is no more")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (500, "unreadable")
    [row] = await service.query("SELECT status, version FROM alerts WHERE id = :id", id=damaged.id)
    assert tuple(row) == ("reported", 2)


async def test_deliveries_of_it_are_listed(service: NotificationsService) -> None:
    await service.put_route("ops", "ops@example.org")
    _, damaged = await three(service, DAMAGES["no figures"])
    await service.execute("UPDATE deliveries SET alert = '[]' WHERE alert_id = :id", id=damaged.id)
    assert damaged.id in {each["alert_id"] for each in await service.deliveries()}

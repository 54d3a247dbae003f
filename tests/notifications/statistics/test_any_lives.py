"""Whatever becomes of alerts, statistics are what counting their timelines and reports one by one comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from notifications.alerts.due import end_of_week
from services.clock import BUSINESS_ZONE
from tests.notifications.handling.lives import ACTS, PATHS, Life
from tests.notifications.service import NotificationsService

CLEAN: Final = text("TRUNCATE alerts, deliveries, outbox CASCADE")
ANSWERS: Final = {"acknowledged", "reported"}


acts = st.tuples(st.integers(0, 3), st.sampled_from(ACTS), st.integers(0, 8))


class Counted:
    """One alert as it is shown, with all entries of its timeline, and its report."""

    def __init__(self, alert: dict[str, Any], timeline: list[dict[str, Any]], report: dict[str, Any]) -> None:
        self.alert, self.timeline, self.report = alert, timeline, report

    def first(self, *kinds: str) -> float | None:
        """After how many hours something of these kinds happened first."""
        times = [entry["at"] for entry in self.timeline if entry["kind"] in kinds]
        return hours_between(self.alert["raised_at"], min(times)) if times else None

    def is_due(self, since: datetime, until: datetime) -> bool:
        """Whether its report has not come, and is due after `since`, until `until`."""
        due = datetime.fromisoformat(self.alert["report_due_at"] or "1900-01-01T00:00Z")
        return self.timeline[-1]["status"] in ("open", "acknowledged") and since < due <= until


def hours_between(start: str, end: str) -> float:
    """Of times as they are shown."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() / 3600


def percentile(hours: Sequence[float], share: float) -> float | None:
    """With what lies between two values in proportion."""
    if not hours:
        return None
    ordered, place = sorted(hours), share * (len(hours) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (place - low) * (ordered[high] - ordered[low]), 2)


def spread(found: Sequence[Counted], *kinds: str) -> dict[str, float | None]:
    """Median and 90th percentile."""
    hours = [after for each in found if (after := each.first(*kinds)) is not None]
    return {"median_hours": percentile(hours, 0.5), "p90_hours": percentile(hours, 0.9)}


def figures(found: Sequence[Counted], now: datetime) -> dict[str, Any]:
    """Counted one by one."""
    sunday = end_of_week(now.astimezone(BUSINESS_ZONE).date())
    last = Counter(each.timeline[-1]["status"] for each in found)
    states = Counter(remedy["state"] for each in found for remedy in each.report["remedies"])
    return {
        "raised": len(found),
        "critical": sum(any(entry["severity"] == "critical" for entry in each.timeline) for each in found),
        "acknowledged": sum(each.first(*ANSWERS) is not None for each in found),
        "reported": sum(each.first("reported") is not None for each in found),
        "resolved": last["resolved"],
        "unacknowledged": last["open"],
        "reports_due": sum(each.is_due(now, sunday) for each in found),
        "reports_overdue": sum(each.is_due(datetime.min.replace(tzinfo=BUSINESS_ZONE), now) for each in found),
        "time_to_acknowledge": spread(found, *ANSWERS),
        "time_to_report": spread(found, "reported"),
        "remedies": {state: states[state] for state in ("planned", "done", "missed", "dropped")},
    }


def below(path: Sequence[str], under: str | None) -> str | None:
    """The unit right below, or the uppermost one."""
    place = 0 if under is None else list(path).index(under) + 1
    return path[place] if place < len(path) else None


def is_whole(each: Counted) -> None:
    """The timeline, the report and the alert say the same."""
    versions = [entry["version"] for entry in each.timeline]
    steps = [
        (entry["kind"], after - before)
        for entry, before, after in zip(each.timeline[1:], versions, versions[1:], strict=False)
    ]
    assert all(step == (0 if kind == "report_overdue" else 1) for kind, step in steps), steps
    last = each.timeline[-1]
    assert [each.alert[name] for name in ("status", "severity", "version")] == [
        last[name] for name in ("status", "severity", "version")
    ]
    states = Counter(remedy["state"] for remedy in each.report["remedies"])
    if short := each.alert["report"]:
        assert {state: short[state] for state in ("planned", "done", "missed", "dropped")} == {
            state: states[state] for state in ("planned", "done", "missed", "dropped")
        }
        assert short["causes"] == [cause["code"] for cause in each.report["causes"]]


async def counted(service: NotificationsService) -> list[Counted]:
    """All alerts, read one by one."""

    async def of(alert_id: str, what: str) -> Any:
        return (await service.client.get(f"/v1/alerts/{alert_id}/{what}", params={})).json()

    return [
        Counted(alert, (await of(alert["id"], "timeline"))["items"], await of(alert["id"], "report"))
        for alert in await service.alerts(limit=500)
    ]


def by_unit(found: Sequence[Counted], under: str | None) -> Mapping[str | None, list[Counted]]:
    """The alerts of each unit right below."""
    units: dict[str | None, list[Counted]] = {}
    for each in found:
        units.setdefault(below(each.alert["path"], under), []).append(each)
    return units


@pytest.fixture
def begins(service: NotificationsService) -> datetime:
    """When each story begins, so that no token ends."""
    return service.clock.now()


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # to shrink a failure would take minutes
)
@given(paths=st.lists(st.sampled_from(PATHS), min_size=4, max_size=4), story=st.lists(acts, min_size=12, max_size=40))
async def test_statistics_are_what_counting_one_by_one_comes_to(
    service: NotificationsService,
    paths: list[tuple[str, ...]],
    story: list[tuple[int, Callable[[Life, int], Any], int]],
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(CLEAN)
    lives = [await Life(service).start(path) for path in paths]
    for target, act, n in story:
        await act(lives[target], n)
    found, now = await counted(service), service.clock.now()
    for each in found:
        is_whole(each)
    for under in (None, "38", "BHXH-CT"):
        here = [each for each in found if under is None or under in each.alert["path"]]
        answer = (
            await service.client.get("/v1/alerts/statistics", params={} if under is None else {"under": under})
        ).json()
        assert answer["whole"] == figures(here, now), under
        units = by_unit(here, under)
        shown = {item["unit_code"]: {name: item[name] for name in answer["whole"]} for item in answer["items"]}
        assert shown == {code: figures(alerts, now) for code, alerts in units.items()}, under
        causes = Counter(code for each in here for code in (each.alert["report"] or {"causes": []})["causes"])
        assert {cause["code"]: cause["alerts"] for cause in answer["causes"]} == causes

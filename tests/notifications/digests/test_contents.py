"""What a digest says: what happened in its time, and what is open, overdue and due, each counted as it stands."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from tests.notifications.digests.steps import (
    clock_looks,
    previewed,
    put_digest,
    put_director,
    tomorrow,
    wait_until,
)
from tests.notifications.escalations.steps import a_step, from_now_on, put_chain
from tests.notifications.handling.steps import Handled
from tests.notifications.service import Episode, NotificationsService, a_unit, an_episode
from tests.notifications.silences.steps import silence

CT, BT = ("38", "BHXH-CT", "15142"), ("38", "BHXH-BT", "15127")


def lag(service: NotificationsService, path: tuple[str, ...] = CT, **more: Any) -> Episode:
    """A target of a unit that falls behind just now."""
    return an_episode(path=path, begins=service.clock.now() - timedelta(hours=1), **more)


def there(changes: dict[str, int]) -> dict[str, int]:
    """What there is any of."""
    return {name: n for name, n in changes.items() if n}


async def test_it_counts_what_happened_in_its_time_and_what_is_open_now(service: NotificationsService) -> None:
    wait_until(service, tomorrow(service, 9))
    await put_director(service)
    await service.put_route("province", "province@example.org", min_level=9)
    await put_chain(service, a_step("PT1H", "province"))
    await put_digest(service)
    first = lag(service)
    await service.handle(first.fell_behind(), first.worsened())
    reported = await Handled(service).begin(lag(service, BT))
    await reported.do("report", **reported.report(reported.remedy(1), reported.remedy(9)))
    await reported.do("remedies/2", state="done")
    taken = await Handled(service).begin(lag(service, BT))
    await taken.do("acknowledgement")
    ended = await Handled(service).begin(lag(service, BT))
    await ended.do("resolution", reason="the list was wrong")
    over, gone = lag(service), lag(service)
    await service.handle(over.fell_behind(), over.recovered(), gone.fell_behind(), gone.withdrawn())
    wait_until(service, tomorrow(service, 7, 20))
    await reported.clock_looks()
    service.advance(minutes=1)
    digest = await previewed(service)
    assert there(digest["changes"]) == {
        "raised": 6,
        "worsened": 1,
        "acknowledged": 1,
        "reported": 1,
        "remedy_done": 1,
        "escalated": 1,
        "caught_up": 1,
        "withdrawn": 1,
        "ended": 1,
    }
    opened = digest["open"]
    assert (opened["critical"], opened["warning"], opened["reported"]) == (1, 2, 1)
    assert [(each["unit_code"], each["critical"], each["warning"]) for each in digest["units"]] == [
        ("BHXH-CT", 1, 0),
        ("BHXH-BT", 0, 2),
    ]
    assert [each["alert"]["severity"] for each in digest["gravest"]] == ["critical", "warning", "warning"]
    assert digest["causes"] == [
        {
            "code": "working_away",
            "name_vi": "Người dân đi làm ăn xa",
            "name_en": "People work away from home",
            "alerts": 1,
        }
    ]


async def test_it_lists_what_is_overdue_and_what_is_due_until_the_next(service: NotificationsService) -> None:
    await put_director(service)
    next_at = (await put_digest(service))["next_at"]
    alert = await Handled(service).begin(from_now_on(service))
    await alert.do("report", **alert.report(alert.remedy(0, what="Leaflets"), alert.remedy(40)))
    silent = await Handled(service).begin(from_now_on(service))
    due_at = (await silent.shown())["report_due_at"]
    before = await previewed(service)
    assert (before["overdue"], before["open"]["late_reports"]) == ([], 0)
    wait_until(service, datetime.fromisoformat(due_at) - timedelta(hours=2))
    await alert.clock_looks()
    digest = await previewed(service)
    assert [(each["kind"], each["alert_id"], each["due_at"]) for each in digest["due"]] == [
        ("report", silent.id, due_at)
    ]
    assert (digest["open"]["reports_due"], digest["open"]["late_acknowledgements"]) == (1, 1)
    assert [(each["kind"], each["alert_id"], each["what"]) for each in digest["overdue"]] == [
        ("acknowledgement", silent.id, None),
        ("remedy", alert.id, "Leaflets"),
    ]
    wait_until(service, due_at)
    late = await previewed(service)
    assert [each["kind"] for each in late["overdue"]] == ["acknowledgement", "report", "remedy"]
    assert (late["open"]["late_reports"], late["open"]["late_remedies"], late["due"]) == (1, 1, [])
    assert datetime.fromisoformat(late["since"]) < datetime.fromisoformat(next_at)


async def test_a_remedy_is_due_in_the_last_digest_before_its_day_is_over(service: NotificationsService) -> None:
    await put_director(service)
    await put_digest(service)
    alert = await Handled(service).begin(from_now_on(service))
    await alert.do("report", **alert.report(alert.remedy(2)))
    kinds = {}
    for day in range(3):
        kinds[day] = [each["kind"] for each in (await previewed(service))["due"]]
        wait_until(service, tomorrow(service, 9))
    assert kinds == {0: [], 1: [], 2: ["remedy"]}


async def test_what_was_told_once_is_not_told_again(service: NotificationsService) -> None:
    await put_director(service)
    next_at = (await put_digest(service))["next_at"]
    await service.handle(lag(service).fell_behind())
    wait_until(service, next_at)
    await clock_looks(service)
    await service.handle(lag(service).fell_behind(), lag(service).fell_behind())
    [told] = await service.query("SELECT digest FROM deliveries WHERE digest_name IS NOT NULL")
    assert there(told.digest["changes"]) == {"raised": 1}
    await service.execute("UPDATE deliveries SET state = 'sent', sent_at = now(), next_attempt_at = NULL")
    service.advance(hours=1)
    assert there((await previewed(service))["changes"]) == {"raised": 2}


async def test_silenced_alerts_are_shown_as_silenced_by_whatever_condition(service: NotificationsService) -> None:
    await put_director(service)
    await put_digest(service)
    await service.handle(
        lag(service).fell_behind(severity="critical"),
        lag(service, BT).fell_behind(),
        lag(service, BT, organisations=("Post", "VN")).fell_behind(),
    )
    conditions: list[dict[str, Any]] = [
        {"under": "BHXH-CT"},
        {"organisation_code": "vn"},
        {"severity": "critical"},
        {"scheme": "voluntary_social"},
        {"under": "BHXH-BT", "severity": "warning"},
        {"under": "38", "begins": 1},
    ]
    for condition in conditions:
        await silence(service, "quiet", **{"under": None, **condition})
        shown = await service.alerts()
        digest = await previewed(service)
        silenced = {each["id"] for each in shown if each["silenced_by"]}
        assert digest["open"]["silenced"] == len(silenced), condition
        assert {each["alert"]["id"] for each in digest["gravest"] if each["alert"]["silenced_by"]} == silenced
    await silence(service, "quiet", under="38")
    assert (await previewed(service))["open"]["silenced"] == 3


async def test_the_figures_of_units_add_up_to_the_whole_whatever_lies_where(service: NotificationsService) -> None:
    await put_director(service)
    await service.register(*(a_unit(f"BHXH-{n}") for n in range(25)))
    await put_digest(service)
    paths = [("38", f"BHXH-{n % 25}", f"C-{n}") for n in range(60)] + [("38",), ("39", "X")]
    await service.handle_batch(
        [lag(service, path).fell_behind(severity="critical" if n % 3 else "warning") for n, path in enumerate(paths)]
    )
    digest = await previewed(service)
    assert (digest["open"]["critical"], digest["open"]["warning"]) == (40, 21)
    assert (len(digest["units"]), digest["more_units"]) == (20, 6)
    expected = Counter(path[1] if len(path) > 1 else None for path in paths if path[0] == "38")
    assert all(each["critical"] + each["warning"] == expected[each["unit_code"]] for each in digest["units"])
    await put_digest(service, under=None)
    everywhere = await previewed(service)
    assert (everywhere["under"], everywhere["unit_name"]) == (None, None)
    assert [(each["unit_code"], each["critical"] + each["warning"]) for each in everywhere["units"]] == [
        ("38", 61),
        ("39", 1),
    ]


async def test_an_alert_that_cannot_be_read_is_counted_and_left_out_of_lists(service: NotificationsService) -> None:
    await put_director(service)
    await put_digest(service)
    await service.handle(lag(service).fell_behind(), lag(service, BT).fell_behind())
    await service.execute("UPDATE alerts SET figures = '{}' WHERE path @> '[\"BHXH-BT\"]'")
    digest = await previewed(service)
    assert (digest["open"]["warning"], [each["alert"]["path"] for each in digest["gravest"]]) == (2, [list(CT)])

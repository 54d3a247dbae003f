"""Which routes are notified, and why the others are not."""

from __future__ import annotations

import pytest

from notifications.domain.recipients import Route, reason_against, recipients_of, recipients_of_a_follow_up
from services.vocabulary import Severity

PATH = ("38", "BHXH-CT", "15142")


@pytest.mark.parametrize(
    ("route", "severity", "reason"),
    [
        (Route("r", None, "warning"), "warning", None),
        (Route("r", "38", "warning"), "warning", None),
        (Route("r", "15142", "warning"), "critical", None),
        (Route("r", "15127", "warning"), "critical", "not under 15127"),
        (Route("r", "3", "warning"), "critical", "not under 3"),
        (Route("r", None, "critical"), "warning", "warning is less than critical"),
        (Route("r", None, "critical"), "critical", None),
        (Route("r", None, "warning", "HTTP 410"), "critical", "disabled: HTTP 410"),
    ],
)
def test_a_route_is_notified_or_there_is_a_reason(route: Route, severity: Severity, reason: str | None) -> None:
    assert reason_against(route, PATH, severity) == reason


def test_an_alert_without_a_unit_reaches_only_routes_for_all_alerts() -> None:
    recipients = recipients_of([Route("all", None, "warning"), Route("some", "38", "warning")], (), "warning")
    assert recipients.notified == ("all",)
    assert [route.name for route in recipients.excluded] == ["some"]


def test_the_end_goes_to_the_routes_that_were_notified_before_and_still_exist() -> None:
    routes = [Route("a", "x", "critical"), Route("b", None, "warning"), Route("c", None, "warning", "gone")]
    recipients = recipients_of_a_follow_up(routes, {"a", "c", "removed"})
    assert recipients.notified == ("a",)
    assert {route.name: route.reason for route in recipients.excluded} == {
        "b": "was not notified of the alert",
        "c": "disabled: gone",
    }

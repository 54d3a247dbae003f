"""Which routes are notified, and why the others are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notifications.domain.recipients import (
    Concern,
    Route,
    reason_against,
    reason_for,
    recipients_of,
    recipients_of_a_follow_up,
)
from services.vocabulary import Severity

ALERT = Concern(
    ("38", "BHXH-CT", "15142"), "warning", "household_health", ("BD-CAM-THUY", "BD-38"), collector_code="CT-07", level=1
)
OF_UNIT = replace(ALERT, organisations=(), collector_code=None, level=0)


def a_route(under: str | None = None, min_severity: Severity = "warning", **more: Any) -> Route:
    """A route of these conditions."""
    return Route("r", under, min_severity, **more)


@pytest.mark.parametrize(
    ("route", "alert", "reason"),
    [
        (a_route(), ALERT, None),
        (a_route("38"), ALERT, None),
        (a_route("15142"), ALERT, None),
        (a_route("15127"), ALERT, "not under 15127"),
        (a_route("3"), ALERT, "not under 3"),
        (a_route(min_severity="critical"), ALERT, "warning is less than critical"),
        (a_route(min_severity="critical"), replace(ALERT, severity="critical"), None),
        (a_route(disabled_reason="HTTP 410"), ALERT, "disabled: HTTP 410"),
        (a_route(organisation_code="BD-CAM-THUY"), ALERT, None),
        (a_route(organisation_code="bd-38"), ALERT, None),
        (a_route(organisation_code="BD-3"), ALERT, "not of the organisation BD-3 or one below it"),
        (a_route(organisation_code="BD-38"), OF_UNIT, "not of the organisation BD-38 or one below it"),
        (a_route(collector_code="ct-07"), ALERT, None),
        (a_route(collector_code="CT-08"), ALERT, "not of the collector CT-08"),
        (a_route(collector_code="CT-07"), OF_UNIT, "not of the collector CT-07"),
        (a_route(scheme="household_health"), ALERT, None),
        (a_route(scheme="voluntary_social"), ALERT, "not of the scheme voluntary_social"),
        (a_route(min_level=1), ALERT, None),
        (a_route(min_level=2), ALERT, "level 1 is less than 2"),
        (a_route(min_level=1), OF_UNIT, "level 0 is less than 1"),
        (
            a_route("15142", organisation_code="BD-38", scheme="voluntary_social"),
            ALERT,
            "not of the scheme voluntary_social",
        ),
    ],
)
def test_a_route_is_notified_where_all_of_its_conditions_hold_or_there_is_a_reason(
    route: Route, alert: Concern, reason: str | None
) -> None:
    assert reason_against(route, alert) == reason


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (a_route(), "every alert; warning or graver"),
        (
            a_route(
                "38", "critical", organisation_code="BD", collector_code="CT", scheme="voluntary_social", min_level=2
            ),
            "under 38; of the organisation BD or one below it; of the collector CT; of the scheme voluntary_social; "
            "critical or graver; escalated to level 2 or above",
        ),
    ],
)
def test_why_a_route_is_notified_is_said_in_words(route: Route, words: str) -> None:
    assert reason_for(route) == words


def test_an_alert_without_a_unit_reaches_only_routes_for_all_units() -> None:
    recipients = recipients_of([Route("all", None, "warning"), Route("some", "38", "warning")], replace(ALERT, path=()))
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

"""Every status of an alert with every signal: what it becomes, or why it is refused, or that it stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest

from notifications.domain import life
from notifications.domain.alert import Alert, AlreadyAcknowledged, AlreadyResolved, Changed, Decision, Person, Report
from notifications.domain.life import next_deadline
from notifications.domain.pace import Pace, follow
from services.errors import DomainError, StaleVersion

RAISED: Final = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
ENDS: Final = RAISED + timedelta(hours=24)
DUE: Final = RAISED + timedelta(days=3)
NOW: Final = RAISED + timedelta(days=4)
HOA, MINH = Person("BHXH-38", "hoa.le", "Lê Thị Hoa"), Person("CT", "minh")
REPORT: Final = Report(("cost",), planned=1, next_due_on=date(2025, 11, 15))

OPEN: Final = Alert("open", "warning", 5, 7, RAISED, report_due_at=DUE, unacknowledged_since=RAISED)
ACKNOWLEDGED: Final = replace(
    OPEN,
    status="acknowledged",
    unacknowledged_since=None,
    acknowledged_at=RAISED,
    acknowledged_by=HOA,
    acknowledged_until=ENDS,
)
REPORTED: Final = replace(
    ACKNOWLEDGED,
    status="reported",
    acknowledged_until=None,
    reported_at=RAISED,
    reported_by=MINH,
    report=REPORT,
)
CAUGHT_UP: Final = replace(REPORTED, status="resolved", resolved_at=RAISED, resolution="caught_up")
WITHDRAWN: Final = replace(CAUGHT_UP, resolution="withdrawn")
BY_HAND: Final = replace(CAUGHT_UP, resolution="by_hand", resolved_by=HOA, resolution_reason="the list was wrong")
STATUSES: Final[Mapping[str, Alert]] = {
    "open": OPEN,
    "acknowledged": ACKNOWLEDGED,
    "reported": REPORTED,
    "caught up": CAUGHT_UP,
    "withdrawn": WITHDRAWN,
    "by hand": BY_HAND,
}

Signal = Callable[[Alert], Decision]


def pace(revision: int = 8, **more: object) -> Signal:
    """A transition in the pace of the target."""
    given = {"transition": "worsened", "severity": "warning", "at": NOW, "report_due_at": NOW, **more}
    return lambda alert: follow(alert, Pace(revision=revision, **given))  # type: ignore[arg-type]


BY_PEOPLE: Final[Mapping[str, Callable[[Alert, int], Decision]]] = {
    "acknowledge": lambda alert, seen: life.acknowledge(alert, seen, MINH, NOW, ENDS),
    "report": lambda alert, seen: life.report(alert, seen, REPORT, MINH, NOW),
    "remedy done": lambda alert, seen: life.settle(alert, seen, 1, "done", REPORT),
    "remedy missed": lambda alert, seen: life.settle(alert, seen, 1, "missed", REPORT),
    "remedy dropped": lambda alert, seen: life.settle(alert, seen, 1, "dropped", REPORT),
    "resolve": lambda alert, seen: life.resolve(alert, seen, "the list was wrong", MINH, NOW),
}
SIGNALS: Final[Mapping[str, Signal]] = {
    "lags, no graver": pace(transition="fell_behind"),
    "lags, graver": pace(severity="critical"),
    "recovered": pace(transition="recovered", severity=None),
    "target withdrawn": pace(transition="recovered", severity=None, withdrawn=True),
    "older revision": pace(revision=7, severity="critical"),
    **{name: (lambda alert, do=do: do(alert, 5)) for name, do in BY_PEOPLE.items()},  # type: ignore[misc]
    "acknowledgement's time over": lambda alert: life.time_out(alert, NOW),
    "report overdue": lambda alert: life.find_overdue(alert, NOW),
    "remedy's day over": lambda alert: life.miss(alert, 1, REPORT),
    "escalate": lambda alert: life.escalate(alert, "nobody has acknowledged it in time"),
}

STAYS: Final = "stays"
RESOLVED: Final = "already-resolved"
MATRIX: Final[Mapping[str, tuple[str, ...]]] = {
    "lags, no graver": (
        *("open: updated", "acknowledged: updated", "reported: updated"),
        *("open: reopened, raised", "open: reopened, raised", "resolved: updated"),
    ),
    "lags, graver": (
        *("open: worsened, worsened", "acknowledged: worsened, worsened", "reported: worsened, worsened"),
        *("open: reopened, raised", "open: reopened, raised", "open: reopened, raised"),
    ),
    "recovered": (*("resolved: resolved, resolved",) * 3, *("resolved: updated",) * 3),
    "target withdrawn": (*("resolved: resolved, resolved",) * 3, *("resolved: updated",) * 3),
    "older revision": (STAYS,) * 6,
    "acknowledge": (
        *("acknowledged: acknowledged, acknowledged", "already-acknowledged", "already-acknowledged"),
        *(RESOLVED,) * 3,
    ),
    "report": (*("reported: reported, reported",) * 3, *(RESOLVED,) * 3),
    "remedy done": (
        *("open: remedy_done, reported", "acknowledged: remedy_done, reported", "reported: remedy_done, reported"),
        *(RESOLVED,) * 3,
    ),
    "remedy missed": (
        "open: remedy_missed, remedy_missed",
        "acknowledged: remedy_missed, remedy_missed",
        "reported: remedy_missed, remedy_missed",
        *(RESOLVED,) * 3,
    ),
    "remedy dropped": (
        "open: remedy_dropped, reported",
        "acknowledged: remedy_dropped, reported",
        "reported: remedy_dropped, reported",
        *(RESOLVED,) * 3,
    ),
    "resolve": (*("resolved: resolved, resolved",) * 3, *(RESOLVED,) * 3),
    "acknowledgement's time over": (STAYS, "open: timed_out, timed_out", STAYS, STAYS, STAYS, STAYS),
    "report overdue": ("open: report_overdue", "acknowledged: report_overdue", *(STAYS,) * 4),
    "remedy's day over": (
        "open: remedy_missed, remedy_missed",
        "acknowledged: remedy_missed, remedy_missed",
        "reported: remedy_missed, remedy_missed",
        *(STAYS,) * 3,
    ),
    "escalate": (
        *("open: escalated, escalated", "acknowledged: escalated, escalated", "reported: escalated, escalated"),
        *(STAYS,) * 3,
    ),
}
"""Of each signal, in the order of the statuses: the status that follows, what the timeline says, and what is
published."""


def outcome(signal: str, alert: Alert) -> str:
    """In the words of the matrix."""
    try:
        decision = SIGNALS[signal](alert)
    except DomainError as error:
        return error.code
    if not isinstance(decision, Changed):
        return STAYS
    return f"{decision.alert.status}: {', '.join(filter(None, [decision.entry, decision.publish]))}"


def test_the_matrix_has_every_status_and_every_signal() -> None:
    assert MATRIX.keys() == SIGNALS.keys()
    assert {len(outcomes) for outcomes in MATRIX.values()} == {len(STATUSES)}


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("place", "status"), list(enumerate(STATUSES)))
def test_a_signal_in_a_status_has_the_outcome_of_the_matrix(place: int, status: str, signal: str) -> None:
    assert outcome(signal, STATUSES[status]) == MATRIX[signal][place]


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("status", STATUSES)
def test_each_change_is_the_next_version_but_for_a_report_that_is_overdue(status: str, signal: str) -> None:
    alert = STATUSES[status]
    try:
        decision = SIGNALS[signal](alert)
    except DomainError:
        return
    if isinstance(decision, Changed):
        assert decision.alert.version - alert.version == (0 if decision.entry == "report_overdue" else 1)
        assert (decision.alert.status == "resolved") == (decision.alert.resolved_at is not None)
        assert (decision.alert.status == "open") == (decision.alert.unacknowledged_since is not None)


@pytest.mark.parametrize("seen", [4, 6])
@pytest.mark.parametrize("signal", BY_PEOPLE)
def test_whoever_has_seen_another_version_is_refused(signal: str, seen: int) -> None:
    with pytest.raises(StaleVersion, match="at version 5"):
        BY_PEOPLE[signal](OPEN, seen)


def changed(decision: Decision) -> Alert:
    """The alert after a decision that has an effect."""
    assert isinstance(decision, Changed), decision
    return decision.alert


def test_an_acknowledgement_that_timed_out_leaves_nobody_who_acts() -> None:
    after = changed(life.time_out(ACKNOWLEDGED, ENDS))
    assert (after.acknowledged_at, after.acknowledged_by, after.acknowledged_until) == (None, None, None)
    assert (after.report_due_at, after.unacknowledged_since) == (DUE, ENDS)
    assert changed(life.time_out(ACKNOWLEDGED, NOW)).unacknowledged_since == ENDS  # not when that was noticed


def test_an_acknowledgement_holds_until_its_time_is_over_and_for_ever_where_it_has_none() -> None:
    assert not isinstance(life.time_out(ACKNOWLEDGED, ENDS - timedelta(seconds=1)), Changed)
    assert not isinstance(life.time_out(replace(ACKNOWLEDGED, acknowledged_until=None), NOW), Changed)


def test_whoever_reports_what_nobody_acknowledged_acts_on_it() -> None:
    after = changed(life.report(OPEN, 5, REPORT, MINH, NOW))
    assert (after.acknowledged_by, after.acknowledged_at, after.reported_by) == (MINH, NOW, MINH)


def test_whoever_reports_does_not_take_the_place_of_whoever_acts() -> None:
    after = changed(life.report(ACKNOWLEDGED, 5, REPORT, MINH, NOW))
    assert (after.acknowledged_by, after.acknowledged_until, after.reported_by) == (HOA, None, MINH)


def test_a_report_is_found_overdue_once_and_not_before() -> None:
    after = changed(life.find_overdue(OPEN, DUE))
    assert after.overdue_since == DUE
    assert not isinstance(life.find_overdue(after, NOW), Changed)
    assert not isinstance(life.find_overdue(OPEN, DUE - timedelta(seconds=1)), Changed)
    assert not isinstance(life.find_overdue(replace(OPEN, report_due_at=None), NOW), Changed)


def test_an_alert_that_is_raised_again_begins_anew_and_keeps_its_report() -> None:
    escalated = replace(BY_HAND, level=2, overdue_since=DUE)
    after = changed(pace(severity="critical")(escalated))
    begun = Alert("open", "critical", 6, 8, RAISED, report_due_at=NOW, unacknowledged_since=NOW)
    assert after == replace(begun, report=REPORT)


def test_an_end_by_hand_says_who_and_why() -> None:
    after = changed(life.resolve(REPORTED, 5, "the list was wrong", HOA, NOW))
    assert (after.resolution, after.resolved_by, after.resolution_reason) == ("by_hand", HOA, "the list was wrong")
    with pytest.raises(AlreadyResolved, match="somebody ended the alert"):
        life.resolve(after, 6, "again", HOA, NOW)


def test_an_alert_that_was_reported_is_not_acknowledged_again() -> None:
    with pytest.raises(AlreadyAcknowledged, match="by Lê Thị Hoa of BHXH-38"):
        life.acknowledge(REPORTED, 5, MINH, NOW)


def end_of(day: date) -> datetime:
    """As of UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


@pytest.mark.parametrize(
    ("alert", "deadline"),
    [
        (OPEN, DUE),
        (replace(OPEN, overdue_since=DUE), None),
        (replace(OPEN, report=REPORT), DUE),
        (ACKNOWLEDGED, ENDS),
        (replace(ACKNOWLEDGED, acknowledged_until=NOW), DUE),
        (replace(ACKNOWLEDGED, acknowledged_until=NOW, overdue_since=DUE), NOW),
        (replace(ACKNOWLEDGED, acknowledged_until=None, report_due_at=None), None),
        (REPORTED, datetime(2025, 11, 16, tzinfo=UTC)),
        (replace(REPORTED, report=Report(("cost",), done=1)), None),
        (CAUGHT_UP, None),
    ],
)
def test_the_clock_looks_at_an_alert_when_the_first_thing_is_due(alert: Alert, deadline: datetime | None) -> None:
    assert next_deadline(alert, end_of) == deadline

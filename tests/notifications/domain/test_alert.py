"""The alert's rules."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.alert import (
    Alert,
    AlreadyAcknowledged,
    AlreadyResolved,
    Changed,
    ChangeKind,
    Person,
    Unchanged,
)
from notifications.domain.life import acknowledge
from notifications.domain.pace import Pace, follow
from services.errors import StaleVersion
from services.vocabulary import PaceTransition, Severity

AT = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
OPS, OTHERS = Person("OPS", "hoa.le", "Lê Thị Hoa"), Person("OTHERS", "OTHERS")
SEVERITIES = st.sampled_from(get_args(Severity))


def a_pace(
    transition: PaceTransition = "fell_behind", revision: int = 1, severity: Severity | None = "warning"
) -> Pace:
    return Pace(transition, revision, None if transition == "recovered" else severity, AT)


def after(*paces: Pace) -> tuple[Alert, list[ChangeKind]]:
    """The alert after all of them, and the changes that routes are notified of."""
    alert: Alert | None = None
    notified: list[ChangeKind] = []
    for pace in paces:
        decision = follow(alert, pace)
        if isinstance(decision, Changed):
            alert = decision.alert
            notified += [decision.publish] if decision.publish else []
    assert alert
    return alert, notified


@st.composite
def episodes(draw: st.DrawFn) -> list[Pace]:
    """Pace events of one episode, each revision once."""
    transitions = draw(
        st.lists(st.tuples(st.sampled_from(get_args(PaceTransition)), SEVERITIES), min_size=1, max_size=8)
    )
    return [a_pace(transition, revision, severity) for revision, (transition, severity) in enumerate(transitions, 1)]


@given(episodes(), st.randoms(use_true_random=False))
def test_any_order_with_any_repeats_ends_in_the_state_of_the_highest_revision(
    paces: list[Pace], rng: random.Random
) -> None:
    last = paces[-1]
    shuffled = paces + rng.choices(paces, k=3)
    rng.shuffle(shuffled)
    alert, _ = after(*shuffled)
    assert alert.revision == last.revision
    assert (alert.status == "resolved") == (last.transition == "recovered")
    assert last.severity in (None, alert.severity)


@given(episodes(), st.randoms(use_true_random=False))
def test_the_notified_changes_alone_are_a_consistent_history(paces: list[Pace], rng: random.Random) -> None:
    rng.shuffle(paces)
    _, notified = after(*paces)
    if notified[:1] == ["resolved"]:
        notified = notified[1:]  # the episode was over before its first event arrived
    firing = False
    for change in notified:
        assert firing == (change != "raised")
        firing = change != "resolved"


@given(episodes())
def test_each_change_raises_the_version_by_one(paces: list[Pace]) -> None:
    alert, _ = after(*paces)
    assert alert.version == len(paces)


@pytest.mark.parametrize(
    ("paces", "status", "severity", "notified"),
    [
        ([a_pace()], "open", "warning", ["raised"]),
        ([a_pace(), a_pace()], "open", "warning", ["raised"]),
        ([a_pace(), a_pace("worsened", 2, "critical")], "open", "critical", ["raised", "worsened"]),
        ([a_pace(), a_pace("worsened", 2, "warning")], "open", "warning", ["raised"]),
        ([a_pace("worsened", 2, "critical"), a_pace()], "open", "critical", ["raised"]),
        ([a_pace(), a_pace("recovered", 2)], "resolved", "warning", ["raised", "resolved"]),
        ([a_pace("recovered", 2), a_pace()], "resolved", "warning", ["resolved"]),
        ([a_pace(severity=None)], "open", "warning", ["raised"]),
        ([a_pace("recovered", 1), a_pace("worsened", 2, "critical")], "open", "critical", ["resolved", "raised"]),
    ],
)
def test_paces_make_an_alert(paces: list[Pace], status: str, severity: str, notified: list[str]) -> None:
    alert, changes = after(*paces)
    assert (alert.status, alert.severity, changes) == (status, severity, notified)


def test_an_older_revision_changes_nothing_and_says_why() -> None:
    alert, _ = after(a_pace(revision=5))
    assert follow(alert, a_pace("recovered", 4)) == Unchanged("revision 4 is not newer than 5")


def test_worsening_keeps_an_acknowledgement() -> None:
    alert, _ = after(a_pace())
    taken = acknowledge(alert, 1, OPS, AT).alert
    decision = follow(taken, a_pace("worsened", 2, "critical"))
    assert isinstance(decision, Changed)
    assert (decision.alert.status, decision.alert.acknowledged_by, decision.publish) == (
        "acknowledged",
        OPS,
        "worsened",
    )


def test_an_acknowledged_alert_is_resolved_by_recovery() -> None:
    alert, _ = after(a_pace())
    decision = follow(acknowledge(alert, 1, OPS, AT).alert, a_pace("recovered", 2))
    assert isinstance(decision, Changed)
    assert (decision.alert.status, decision.alert.resolved_at, decision.alert.version) == ("resolved", AT, 3)


def test_an_acknowledgement_says_who_and_when() -> None:
    alert, _ = after(a_pace())
    taken = acknowledge(alert, 1, OPS, AT).alert
    assert (taken.status, taken.acknowledged_by, taken.acknowledged_at, taken.version) == ("acknowledged", OPS, AT, 2)


@pytest.mark.parametrize("seen", [1, 3])
def test_an_acknowledgement_of_another_version_is_stale(seen: int) -> None:
    alert, _ = after(a_pace(), a_pace("worsened", 2, "critical"))
    with pytest.raises(StaleVersion, match="at version 2"):
        acknowledge(alert, seen, OPS, AT)


def test_an_alert_is_acknowledged_once() -> None:
    alert, _ = after(a_pace())
    taken = acknowledge(alert, 1, OPS, AT).alert
    with pytest.raises(AlreadyAcknowledged, match="by Lê Thị Hoa of OPS at"):
        acknowledge(taken, 2, OTHERS, AT)


def test_a_resolved_alert_is_not_acknowledged() -> None:
    alert, _ = after(a_pace(), a_pace("recovered", 2))
    with pytest.raises(AlreadyResolved):
        acknowledge(alert, alert.version, OPS, AT)

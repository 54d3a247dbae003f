"""What the passing of time makes of an alert, in the order in which things are due. Pure.

It does not depend on when somebody looks: what was due on Sunday and is found on Monday comes out as on Sunday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from notifications.domain import life, report
from notifications.domain.alert import Alert, Changed, Decision, Report
from notifications.domain.escalation import (
    Chain,
    step_due_at,
    take_due_step,
    take_step,
)
from notifications.domain.report import Remedy

EndOf: TypeAlias = Callable[[date], datetime]
"""The instant at which a day is over."""


@dataclass(frozen=True, slots=True)
class Case:
    """An alert with the remedies of all reports, and the chain by which it is escalated."""

    alert: Alert
    remedies: tuple[Remedy, ...] = ()
    chain: Chain | None = None

    def due_at(self, end_of: EndOf) -> datetime | None:
        """When something is due next; None where nothing is, as long as nobody does anything."""
        if self.alert.status == "resolved":
            return None
        remedies = [end_of(remedy.due_on) for remedy in self.remedies if remedy.state == "planned"]
        times = (life.next_deadline(replace(self.alert, report=None), end_of), step_due_at(self.alert, self.chain))
        return min([*filter(None, times), *remedies], default=None)


@dataclass(frozen=True, slots=True)
class Happened:
    """A change that was due at `at`, and the case right after it."""

    at: datetime
    decision: Changed
    case: Case


def pass_until(case: Case, until: datetime, end_of: EndOf) -> Iterator[Happened]:
    """All that is due by then, if nobody does anything."""
    while (at := case.due_at(end_of)) is not None and at <= until:
        for each in _due(case, at, end_of):
            case = each.case
            yield each


def _due(case: Case, at: datetime, end_of: EndOf) -> Iterator[Happened]:
    for part in (_timed_out, _overdue, _stepped):
        for each in part(case, at):
            case = each.case
            yield each
    yield from _missed(case, at, end_of)


def _timed_out(case: Case, at: datetime) -> Iterator[Happened]:
    yield from _so(case, at, life.time_out(case.alert, at))


def _overdue(case: Case, at: datetime) -> Iterator[Happened]:
    for each in _so(case, at, life.find_overdue(case.alert, at)):
        yield each
        yield from _so(each.case, at, take_step(each.case.alert, case.chain, "not_reported"))


def _stepped(case: Case, at: datetime) -> Iterator[Happened]:
    yield from _so(case, at, take_due_step(case.alert, case.chain, at))


def _missed(case: Case, at: datetime, end_of: EndOf) -> Iterator[Happened]:
    """One level more, however many of the same day they are."""
    over = [each.n for each in case.remedies if each.state == "planned" and end_of(each.due_on) <= at]
    for n in over:
        case = replace(case, remedies=tuple(report.settled(case.remedies, n, "missed")))
        for each in _so(case, at, life.miss(case.alert, n, summary_of(case.alert, case.remedies))):
            case = each.case
            yield each
    if over:
        yield from _so(case, at, take_step(case.alert, case.chain, "not_remedied"))


def summary_of(alert: Alert, remedies: Sequence[Remedy]) -> Report:
    """What was reported, in short, with what became of the remedies."""
    return report.in_short(alert.report.causes if alert.report else (), remedies)


def _so(case: Case, at: datetime, decision: Decision) -> Iterator[Happened]:
    if isinstance(decision, Changed):
        yield Happened(at, decision, replace(case, alert=decision.alert))

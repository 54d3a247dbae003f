"""An alert: the values of its state, and what a change makes of it. Pure.

An alert stands for one episode of one target. What changes it: `pace` (of the target), `life` (people and the clock).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from services.errors import Conflict, NotFound
from services.vocabulary import Severity

Status: TypeAlias = Literal["open", "acknowledged", "reported", "resolved"]
ChangeKind: TypeAlias = Literal[
    "raised", "worsened", "acknowledged", "timed_out", "reported", "remedy_missed", "escalated", "resolved"
]
"""What is published of an alert, and what routes are notified of."""
NoticeKind: TypeAlias = ChangeKind | Literal["reminded"]
"""What a message says of an alert. `reminded`: nothing has changed, and nobody has resolved it."""
Resolution: TypeAlias = Literal["caught_up", "withdrawn", "by_hand"]
"""What resolved an alert: its target has caught up, or is no more; or somebody ended it."""
EntryKind: TypeAlias = Literal[
    "raised",
    "worsened",
    "updated",
    "acknowledged",
    "timed_out",
    "reported",
    "report_overdue",
    "remedy_done",
    "remedy_missed",
    "remedy_dropped",
    "escalated",
    "resolved",
    "reopened",
]
"""What the timeline tells of. `updated`: facts of the target, such as its figures, that nobody is notified of;
`timed_out`: the acknowledgement."""

RANK: Final[dict[Severity, int]] = {"warning": 1, "critical": 2}


class NoSuchAlert(NotFound):
    """No alert has this id."""

    code = "no-such-alert"
    title = "There is no such alert"
    remedy = "Check the id: `GET /v1/alerts` lists them."


class AlreadyAcknowledged(Conflict):
    """Another organisation, or the same one, acknowledged the alert before."""

    code = "already-acknowledged"
    title = "The alert is acknowledged already"
    remedy = "Nothing: `detail` names who acts."


class AlreadyResolved(Conflict):
    """There is nothing left to act on."""

    code = "already-resolved"
    title = "The alert is resolved already"
    remedy = "Nothing: the target has caught up, was withdrawn, or somebody ended the alert."


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts on an alert: a person of an organisation, or, where nobody is named, the organisation itself."""

    organisation_code: str
    subject: str
    name: str | None = None

    def __str__(self) -> str:
        """For people to read."""
        person = self.name or self.subject
        return self.organisation_code if person == self.organisation_code else f"{person} of {self.organisation_code}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported, in short: the codes of the causes, how many remedies there are of each state, and the first
    day by which one that is planned is to be done."""

    causes: tuple[str, ...] = ()
    planned: int = 0
    done: int = 0
    missed: int = 0
    dropped: int = 0
    next_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """`version` grows with every change and is what a caller must have seen to change the alert.

    `level`: how often it was escalated since it was raised. `report_due_at` is unknown where the version before raised
    it, and `acknowledged_until`, when an acknowledgement without a report ends, where that acknowledged it.
    `unacknowledged_since`: since when nobody acts, while it is open.
    `overdue_since`: no report had come by then, and the timeline says so. `report` is the last one, also where the
    alert was raised again since.
    """

    status: Status
    severity: Severity
    version: int
    revision: int
    raised_at: datetime
    report_due_at: datetime | None = None
    level: int = 0
    acknowledged_at: datetime | None = None
    acknowledged_by: Person | None = None
    acknowledged_until: datetime | None = None
    unacknowledged_since: datetime | None = None
    overdue_since: datetime | None = None
    reported_at: datetime | None = None
    reported_by: Person | None = None
    report: Report | None = None
    resolved_at: datetime | None = None
    resolved_by: Person | None = None
    resolution: Resolution | None = None
    resolution_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """The alert from now on. `entry` is what its timeline says; `publish` the event, or None where there is none.

    `notify`: routes are notified of it, too. `unreported`: it ended with a severity of which no route was notified, so
    that those it concerns are notified of the end. `routes` are those that the step of an escalation names.
    """

    alert: Alert
    entry: EntryKind
    publish: ChangeKind | None
    reason: str
    notify: bool = True
    unreported: bool = False
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The signal has no effect."""

    reason: str


Decision: TypeAlias = Changed | Unchanged

"""Verdicts as they were given: what a target was called on a day stays, whatever becomes known of that day later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from services.vocabulary import PaceStatus, Severity
from targets_api.domain.pace import Verdict


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """The verdict on each day from `on` to `until`, both included; `lagging`: whether the alert was open. One that was
    given after the end of the period is the result, and stands until there is another one."""

    on: date
    until: date
    status: PaceStatus
    severity: Severity | None
    lagging: bool

    def holds_on(self, day: date, ends_on: date) -> bool:
        """Whether it is the verdict of that day, where none was given after it up to that day; `ends_on` is the last
        day of the period."""
        return self.on <= day and (day <= self.until or ends_on < self.until)


def as_given(verdict: Verdict, given: GivenVerdict | None, day: date, ends_on: date) -> Verdict:
    """The verdict on a past day with status and severity as they were given on it; as it is where none was given.

    Its figures are those that are known by now, and its reasons say where they would lead to another status.
    """
    if given is None or not given.holds_on(day, ends_on):
        return verdict
    differs = f"; by what was known on {day}, it was {given.status.replace('_', ' ')}"
    because = verdict.because + (differs if given.status != verdict.status else "")
    return replace(verdict, status=given.status, severity=given.severity, because=because)

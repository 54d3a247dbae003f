"""What mails say, apart from the language: its words, its sentences with places for figures, and how it writes figures.
Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from notifications.domain.alert import NoticeKind
from notifications.domain.escalation import Lapse
from notifications.domain.report import RemedyState
from services.clock import BUSINESS_ZONE
from services.vocabulary import Measure, Scheme, Severity


@dataclass(frozen=True, slots=True)
class Names:
    """The left column of the table of an alert."""

    unit: str
    owner: str
    target: str
    reached: str
    progress: str
    short_by: str
    needed: str
    severity: str
    since: str
    report_due: str
    causes: str
    remedy: str
    more_remedies: str
    alert: str


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Texts in braces are places for names and figures."""

    code: str
    """Of the language: BCP 47."""
    schemes: Mapping[Scheme, str]
    measures: Mapping[Measure, str]
    severities: Mapping[Severity, str]
    changes: Mapping[NoticeKind, str]
    """What has happened to each of several alerts."""
    names: Names

    a_target: str
    organisation: str
    collector: str
    unit_itself: str
    person_of: str

    way: str
    target: str
    reached: str
    progress: str
    short_by: str
    needed: str
    version: str
    due: str
    overdue: str
    remedies: Mapping[RemedyState, str]

    openings: Mapping[NoticeKind, str]
    escalated_since: Mapping[Lapse, str]
    withdrawn: str
    ended: str
    untold: str
    raised_again: str
    subject_acknowledged: str
    at_level: str
    on_day: str
    """Of a reminder: since when, and for how many days, the first counted."""
    subject_reported: str
    subject_timed_out: str
    subject_missed: str
    subject_ended: str
    subject_withdrawn: str
    subject_resolved: str

    group: str
    heading: str
    line: str
    line_resolved: str
    more: str
    one_more: str
    brief: str
    and_more: str
    chart: str
    chart_reached: str
    chart_expected: str

    what_next: str
    nothing_next: str
    answer: str
    answer_taken: str
    answer_each: str
    answer_label: str
    answer_label_taken: str
    acknowledge: str
    acknowledge_each: str
    report: str
    report_until: str
    report_overdue: str
    report_each: str
    taken_on: str
    taken_until: str
    carry_out: str
    catch_up: str
    look: str
    look_all: str
    without_address: str

    test_title: str
    test_opening: str

    date_form: str
    zone: str
    separators: Mapping[int, int]
    """What to make of the comma and the point of 1,186.5."""

    def number(self, value: float, decimals: int = 0) -> str:
        """Such as 1.187 and 79,9 in Vietnamese."""
        return f"{value:,.{decimals}f}".translate(self.separators)

    def whole(self, value: float) -> str:
        """A number of persons, rounded up."""
        return self.number(math.ceil(value))

    def percent(self, share: float) -> str:
        """With at most two decimals, such as 6,2% in Vietnamese."""
        return f"{share * 100:.2f}".rstrip("0").rstrip(".").translate(self.separators) + "%"

    def day(self, day: date) -> str:
        """Such as 26/10/2025 in Vietnamese."""
        return day.strftime(self.date_form)

    def last_day(self, end: datetime) -> str:
        """The day that is over at this instant."""
        return self.day((end - timedelta(microseconds=1)).astimezone(BUSINESS_ZONE))

    def time(self, at: datetime) -> str:
        """As the clocks in Vietnam show it."""
        local = at.astimezone(BUSINESS_ZONE)
        return f"{self.day(local)} {local:%H:%M} ({self.zone})"

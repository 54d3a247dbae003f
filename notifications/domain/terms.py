"""How long things may take in the life of an alert. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.calendar import WorkingCalendar

LONGEST_REPORT_DAYS: Final = 60
"""Working days."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`group_wait`: how long the first change of a group waits for others, so that one message tells of all;
    `acknowledgement`: how long one holds without a report; `report_days`: how many working days there are to report."""

    group_wait: timedelta
    acknowledgement: timedelta
    report_days: int

    def report_day(self, raised_on: date, calendar: WorkingCalendar) -> date:
        """The last day for the report on an alert that is raised that day."""
        return calendar.nth_working_day(raised_on + timedelta(days=1), self.report_days)

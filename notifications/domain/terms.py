"""How long things may take in the life of an alert. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.calendar import WorkingCalendar

LONGEST_REPORT_DAYS: Final = 60
"""Working days."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`group_wait`: how long the first change of a group waits for others, so that one message tells of all;
    `group_interval`: the least time from one message of a group to the next; `acknowledgement`: how long one holds
    without a report; `report_days`: how many working days there are to report; `repeat`: how often routes are told
    again of what nobody has resolved, None for never."""

    group_wait: timedelta
    acknowledgement: timedelta
    report_days: int
    group_interval: timedelta = timedelta()
    repeat: timedelta | None = None

    def due_at(self, now: datetime, last_message_at: datetime | None) -> datetime:
        """When a change of a group is due that comes about now; the last message of the group may have been long ago.
        A critical one waits, too: minutes are little to a lag of days, and it comes with all others."""
        due = now + self.group_wait
        return due if last_message_at is None else max(due, last_message_at + self.group_interval)

    def report_day(self, raised_on: date, calendar: WorkingCalendar) -> date:
        """The last day for the report on an alert that is raised that day."""
        return calendar.nth_working_day(raised_on + timedelta(days=1), self.report_days)

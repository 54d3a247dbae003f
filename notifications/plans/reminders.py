"""When routes are first told again of an alert, if nobody does anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.alert import Alert
from notifications.domain.foresight import Foresight
from notifications.domain.reminder import Intervals, Standing, Told, first_reminder
from notifications.plans.planned import Planned, PlannedReminder
from notifications.routing.hours import hours_of, opening_of
from notifications.routing.repeats import interval_of
from notifications.tables.routing import RouteRow


@dataclass(frozen=True, slots=True)
class Reminding:
    """What reminders go by: what routes were `told` of the alert, by their names, and what hushes it when."""

    intervals: Intervals
    told: Mapping[str, Told]
    foresight: Foresight
    now: datetime
    group_wait: timedelta

    def of(self, items: Sequence[Planned], routes: Mapping[str, RouteRow]) -> list[PlannedReminder]:
        """Of each route that was told, or will be."""
        names = {*self.told, *(each.row.name for item in items for each in item.routes)}
        found = [(routes[name], self._first(routes[name], items)) for name in sorted(names)]
        return [PlannedReminder(row, at + self.group_wait) for row, at in found if at]

    def _first(self, row: RouteRow, items: Sequence[Planned]) -> datetime | None:
        interval = interval_of(row, self.intervals)
        if interval is None:
            return None
        keeps_state = row.channel in self.intervals.of_state
        later = [
            Told(each.at, interval, _standing(item.foreseen.alert), keeps_state)
            for item in items
            for each in item.routes
            if each.row.name == row.name and each.at
        ]
        before = [self.told[row.name]] if row.name in self.told else []
        told = sorted([*before, *later], key=lambda each: each.told_at)
        return first_reminder(told, self.now, self._may_go_out(row))

    def _may_go_out(self, row: RouteRow) -> Callable[[datetime], datetime | None]:
        hours, severity = hours_of(row.hours), self.foresight.audience.concern.severity

        def first_from(at: datetime) -> datetime | None:
            while (free_at := self.foresight.silent_until(at)) is not None:
                if (at := opening_of(hours, severity, free_at)) == free_at:
                    return at
            return None

        return first_from


def _standing(alert: Alert) -> Standing:
    report = alert.report
    return Standing(alert.status, report.planned if report else 0, report.missed if report else 0)

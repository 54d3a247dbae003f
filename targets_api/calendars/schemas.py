"""The query and the days of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, Field

from services.calendar import WorkingCalendar
from services.errors import Invalid
from services.holidays import calendar_of, holiday_names
from services.shown import ShownDay, ShownName
from services.web.fields import Day, UnitCode
from services.web.lists import Page, QueryParameters

MOST_DAYS: Final = 400
DayKind: TypeAlias = Literal["workday", "weekend", "holiday", "worked_weekend"]


class CalendarQuery(QueryParameters):
    """From which day to which, both included: at most 400 days."""

    start: Day = Field(alias="from", description="First day", examples=["2025-04-25"])
    end: Day = Field(alias="to", description="Last day, at most 400 days with the first", examples=["2025-05-05"])
    unit_code: UnitCode | None = Field(None, description="As it is for this unit; all have the same for now")

    def days(self) -> list[date]:
        """Each of them. Raises Invalid where there is none, or too many."""
        n = (self.end - self.start).days + 1
        if n < 1:
            raise Invalid.field("/query/to", f"to must not be before from, {self.start}")
        if n > MOST_DAYS:
            raise Invalid.field("/query/to", f"{n} days: at most {MOST_DAYS} are shown at once")
        return [self.start + timedelta(days=place) for place in range(n)]


class CalendarDay(BaseModel):
    """A day, and how much it counts for what is expected of a target by then. In a period with fewer than ten working
    days every day counts, and so does the last day of any period."""

    on: ShownDay
    weight: Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 1, "format": "double"})] = Field(
        description="How much it counts: 1 for a working day, else 0", examples=[0]
    )
    working: bool = Field(description="Whether it is a working day", examples=[False])
    kind: DayKind = Field(
        description="`worked_weekend`: a day of a week-end that is worked in exchange for a day off",
        examples=["holiday"],
    )
    holiday: ShownName | None = Field(
        description="Name of the public holiday, in Vietnamese; null on other days", examples=["Quốc khánh"]
    )


class CalendarPage(Page[CalendarDay]):
    """Days, the first one first. `next` is null: all of the range is there."""


def calendar_days(days: list[date]) -> Iterator[CalendarDay]:
    """The days as they are shown."""
    calendar, names = calendar_of(days), holiday_names(days)
    for day in days:
        working, name = calendar.is_working(day), names.get(day)
        yield CalendarDay(on=day, weight=float(working), working=working, kind=_kind(day, name, calendar), holiday=name)


def _kind(day: date, holiday: str | None, calendar: WorkingCalendar) -> DayKind:
    if holiday:
        return "holiday"
    if day.weekday() < 5:
        return "workday"
    return "worked_weekend" if calendar.is_working(day) else "weekend"

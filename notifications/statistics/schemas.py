"""Queries and answers of statistics."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, Field

from notifications.statistics.queries import Asked, Found
from notifications.statistics.sql import CauseRow, FiguresRow
from services.errors import Invalid
from services.shown import LevelWord, ShownCode, ShownCount, ShownDay, ShownName, ShownShare, ShownUnit, shown
from services.web.fields import Day, UnitCode
from services.web.lists import QueryParameters
from services.web.tables import IN_JSON_ALONE

LONGEST: Final = timedelta(days=1100)
_YEAR: Final = timedelta(days=364)
_HOUR: Final = 3600

ShownHours: TypeAlias = Annotated[float, shown("Hours by the clock", 5.25, minimum=0, format="double")]


class StatisticsQuery(QueryParameters):
    """Which alerts: those that were raised from one day to another, both included."""

    under: UnitCode | None = Field(None, description="Only those of this unit and of those below it")
    start: Day | None = Field(
        None,
        alias="from",
        description="Raised from this day on; default: so that the period is a year",
        examples=["2025-01-01"],
    )
    end: Day | None = Field(
        None, alias="to", description="Raised up to this day, included; default: today", examples=["2025-10-25"]
    )

    def asked(self, today: date, own_of: str | None) -> Asked:
        """With the defaults. Raises Invalid where `from` is after `to`, or too long before it."""
        end = self.end or today
        start = self.start or end - _YEAR
        if start > end:
            raise Invalid.field("/query/from", f"from must not be after to, {end}")
        if end - start > LONGEST:
            raise Invalid.field("/query/from", f"ask for {LONGEST.days:,} days at most: from {end - LONGEST} on")
        return Asked(start, end, self.under, own_of)


class Spread(BaseModel):
    """How long something took; null where it never happened."""

    median_hours: ShownHours | None = Field(description="Half took so long at most, by the clock", examples=[5.25])
    p90_hours: ShownHours | None = Field(description="Nine in ten took so long at most, by the clock", examples=[20.5])


class RemedyCounts(BaseModel):
    """How many remedies there are of each state."""

    planned: ShownCount = Field(description="To be done yet", examples=[12])
    done: ShownCount = Field(description="Done", examples=[30])
    missed: ShownCount = Field(description="Not done in time, nor since", examples=[4])
    dropped: ShownCount = Field(description="Given up", examples=[1])


class _OfUnit(BaseModel):
    unit_code: ShownUnit | None = Field(
        description="Code of a unit right below; null: of the unit that was asked for itself, or of no unit"
    )
    unit_name: ShownName | None = Field(description="Its name, where it is known")
    level: LevelWord | None = Field(description="How high it stands, where that is known")


class Figures(BaseModel):
    """Of the alerts that were raised in the period, as they are now."""

    raised: ShownCount = Field(description="How many were raised", examples=[53])
    critical: ShownCount = Field(description="How many of them are critical, or were at their end", examples=[7])
    acknowledged: ShownCount = Field(description="How many were acknowledged or reported at all", examples=[40])
    reported: ShownCount = Field(description="How many were reported at all", examples=[31])
    resolved: ShownCount = Field(description="How many are resolved", examples=[25])
    unacknowledged: ShownCount = Field(description="How many are open: nobody acts", examples=[6])
    reports_due: ShownCount = Field(description="How many reports are due by the end of this week", examples=[9])
    reports_overdue: ShownCount = Field(description="How many reports should be there and are not", examples=[2])
    time_to_acknowledge: Spread = Field(
        description="From when an alert was raised until somebody first acknowledged or reported it"
    )
    time_to_report: Spread = Field(description="From when an alert was raised until it was first reported")
    remedies: RemedyCounts = Field(description="What became of what was to be done")


class UnitFigures(Figures, _OfUnit):
    """Of the alerts of a unit and of those below it."""


class CauseCount(BaseModel):
    """How often a cause was reported."""

    code: ShownCode = Field(description="Code of a cause of the catalogue", examples=["working_away"])
    alerts: ShownCount = Field(description="How many alerts have it in their last report", examples=[17])
    share: ShownShare = Field(description="Of those that were reported", examples=[0.55])


class _Period(BaseModel):
    under: ShownUnit | None = Field(description="The unit that was asked for; null: all")
    start: ShownDay = Field(alias="from", description="The first day", examples=["2025-01-01"])
    end: ShownDay = Field(alias="to", description="The last day", examples=["2025-10-25"])


class AlertStatistics(_Period):
    """Statistics of alerts, for the whole and for each unit right below."""

    whole: Figures = Field(description="All of them", json_schema_extra={IN_JSON_ALONE: True})
    causes: list[CauseCount] = Field(
        description="Why targets lag, the most frequent first",
        json_schema_extra={"maxItems": 1000, IN_JSON_ALONE: True},
    )
    items: list[UnitFigures] = Field(
        description="The same of each unit right below that has any, by code", json_schema_extra={"maxItems": 10_000}
    )

    @classmethod
    def of(cls, asked: Asked, found: Found) -> AlertStatistics:
        """The answer."""
        causes = [CauseCount(code=code, alerts=n, share=n / max(found.whole.reported, n)) for code, n in found.causes]
        units = [UnitFigures(**_figures(row), **_unit(row)) for row in found.units]
        whole = Figures(**_figures(found.whole))
        return cls(**_period(asked, found.under), whole=whole, causes=causes, items=units)


class CauseOfUnit(_OfUnit):
    """How often a cause was reported of a unit and those below it, for alerts that were raised in a month."""

    month: ShownDay = Field(description="The first day of the month", examples=["2025-10-01"])
    code: ShownCode = Field(description="Code of a cause of the catalogue", examples=["working_away"])
    alerts: ShownCount = Field(description="How many alerts have it in their last report", examples=[3])


class CauseStatistics(_Period):
    """Why targets lag, over area and time."""

    items: list[CauseOfUnit] = Field(
        description="By month, then by unit right below, then by frequency", json_schema_extra={"maxItems": 50_000}
    )

    @classmethod
    def of(cls, asked: Asked, under: str | None, rows: list[CauseRow]) -> CauseStatistics:
        """The answer."""
        return cls(**_period(asked, under), items=[CauseOfUnit(**row._asdict()) for row in rows])


def _period(asked: Asked, under: str | None) -> dict[str, Any]:
    return {"under": under, "from": asked.start, "to": asked.end}


def _unit(row: FiguresRow) -> dict[str, Any]:
    return {"unit_code": row.unit_code, "unit_name": row.unit_name, "level": row.level}


def _figures(row: FiguresRow) -> dict[str, Any]:
    values = row._asdict()
    spreads = {f"time_{name}": _spread(values[name]) for name in ("to_acknowledge", "to_report")}
    remedies = RemedyCounts.model_validate(row, from_attributes=True)
    counts = {name: values[name] for name in Figures.model_fields if name in values}
    return {**counts, **spreads, "remedies": remedies}


def _spread(seconds: list[float | None] | None) -> Spread:
    median, p90 = (None if each is None else round(each / _HOUR, 2) for each in seconds or (None, None))
    return Spread(median_hours=median, p90_hours=p90)

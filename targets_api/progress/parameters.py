"""What a caller asks of progress, in the path and the query."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from pydantic import Field

from services.errors import Invalid
from services.shown import SchemeWord
from services.web.fields import Code, Day
from services.web.lists import QueryParameters
from targets_api.domain.series import Days
from targets_api.domain.splits import SplitBy
from targets_api.progress.figures import ProgressKey
from targets_api.progress.schemas import OtherWord, SplitWord

_SPLIT: Final = "Show the figures split by this, too"


class PeriodQuery(QueryParameters):
    """Whose progress, in which scheme, from which day to which."""

    code: Code = Field(description="Code of the unit, organisation or collector", examples=["15142"])
    scheme: SchemeWord = Field(description="In which scheme")
    start: Day | None = Field(
        None,
        alias="from",
        description="Count from this day; default: 1 January of the year of `on`",
        examples=["2025-01-01"],
    )
    on: Day | None = Field(
        None,
        description="Count to this day, included, today at the latest; default: today",
        examples=["2025-10-25"],
    )

    def days(self, today: date) -> Days:
        """With the defaults. Raises Invalid where `on` is after today, or `from` after `on`."""
        return Days(*period_of(self.start, self.on, today))


class ProgressQuery(PeriodQuery):
    """The same, and with which period to compare it."""

    other: OtherWord | None = Field(
        None,
        alias="compared_with",
        description="Show the same days of that period beside it",
        examples=["previous_year"],
    )

    def key(self, today: date, own_of: str | None) -> ProgressKey:
        """With the defaults, for a reader who may know of `own_of` alone. Raises Invalid as `days`."""
        split: SplitBy | None = getattr(self, "split", None)
        return ProgressKey(self.code, self.scheme, *self.days(today), own_of, self.other, split)


class UnitQuery(ProgressQuery):
    """The same of a unit, and what it is split by."""

    split: SplitWord | None = Field(None, description=_SPLIT, examples=["channel"])


class OrganisationQuery(ProgressQuery):
    """The same of an organisation, and what it is split by."""

    split: Literal["kind", "organisation"] | None = Field(
        None, description=f"{_SPLIT}; an organisation by those directly below it", examples=["kind"]
    )


class CollectorQuery(ProgressQuery):
    """The same of a collector, and what it is split by."""

    split: Literal["kind"] | None = Field(None, description=_SPLIT, examples=["kind"])


def period_of(start: date | None, on: date | None, today: date) -> tuple[date, date]:
    """First and last day, with the defaults. Raises Invalid where `on` is after today, or `from` after `on`."""
    on = on or today
    if on > today:
        raise Invalid.field("/query/on", f"a day that has come is expected, {today} at the latest")
    start = start or date(on.year, 1, 1)
    if start > on:
        raise Invalid.field("/query/from", f"from must not be after on, {on}")
    return start, on

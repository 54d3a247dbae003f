"""Answers that are series."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field

from services.shown import ShownAmount, ShownDay, ShownDifference, shown
from targets_api.domain.series import By
from targets_api.progress.schemas import (
    CollectorOfProgress,
    Counts,
    OrganisationOfProgress,
    Period,
    UnitOfProgress,
)

MOST_POINTS: Final = 1_100
"""Three years of days."""
ByWord = Annotated[By, shown("How long a point is: a day, a week from Monday to Sunday, or a month", "month")]


class Point(Counts):
    """What was signed up from one day to another. The first and the last point may be cut short."""

    starts_on: ShownDay = Field(description="First day of the point", examples=["2025-10-01"])
    ends_on: ShownDay = Field(description="Last day of the point", examples=["2025-10-25"])
    cumulative: ShownDifference = Field(description="`net` from the first point to this one", examples=[1480])
    cumulative_contributions: ShownAmount = Field(
        description="`contributions` from the first point to this one", examples=[1870128000]
    )


class _Series(Period):
    TABLE_ROWS: ClassVar[str] = "points"

    by: ByWord
    points: list[Point] = Field(
        description="From `from` to `on` without a gap; a point without sign-ups has zeros",
        json_schema_extra={"maxItems": MOST_POINTS},
    )


class UnitSeries(_Series):
    """Of a unit with all below it."""

    unit: UnitOfProgress = Field(description="Whose progress it is")


class OrganisationSeries(_Series):
    """Of an organisation with all below it."""

    organisation: OrganisationOfProgress = Field(description="Whose progress it is")


class CollectorSeries(_Series):
    """Of a collector."""

    collector: CollectorOfProgress = Field(description="Whose progress it is")

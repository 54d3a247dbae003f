"""Queries and answers of curves."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field

from services.shown import (
    MOST_PERSONS,
    MeasureWord,
    SchemeWord,
    ShownDay,
    ShownDifference,
    ShownId,
)
from services.web.fields import AN_ID, Code, Id
from services.web.lists import QueryParameters
from targets_api.progress.schemas import Answer, NamedScope
from targets_api.remembering.schemas import Fresh

_PERSONS: Final = Field(json_schema_extra={"minimum": -MOST_PERSONS, "maximum": MOST_PERSONS, "format": "double"})


class PaceQuery(QueryParameters):
    """Whose target's curve."""

    code: Code = Field(description="Code of the unit, organisation or collector", examples=["15142"])
    target_id: Id = Field(description="Id of a target that progress shows of it", examples=[AN_ID])


class PacePoint(Answer):
    """The end of a day."""

    on: ShownDay
    achieved: ShownDifference | None = Field(
        description="Persons: signed up since the start, or covered; null for a day that has not come", examples=[395]
    )
    expected: Annotated[float, _PERSONS] = Field(
        description="Persons that were expected by then, by the value that the target had on that day; rounded up to "
        "one decimal place. Nothing is expected of the running day yet",
        examples=[1722.2],
    )


class PaceCurve(Fresh):
    """What was reached and expected of a target, day by day."""

    TABLE_ROWS: ClassVar[str] = "points"

    target_id: ShownId
    scope: NamedScope = Field(description="What the target is about")
    scheme: SchemeWord
    measure: MeasureWord
    starts_on: ShownDay = Field(description="First day of its period", examples=["2025-10-25"])
    ends_on: ShownDay = Field(description="Last day of its period", examples=["2025-12-31"])
    on: ShownDay = Field(description="The running day", examples=["2025-10-31"])
    points: list[PacePoint] = Field(
        description="Each day of the period; of a long one every n-th, and always its last day and today. None "
        "from the day on from which it was withdrawn",
        json_schema_extra={"maxItems": 400},
    )

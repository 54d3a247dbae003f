"""Query and answer of rankings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Final, TypeAlias, get_args

from pydantic import Field, PlainSerializer
from pydantic_core import core_schema

from services.errors import Invalid
from services.pages import MOST
from services.shown import MeasureWord, SchemeWord, ShownDay, ShownId, ShownNumber, shown
from services.vocabulary import Measure, UnitLevel
from services.web.fields import Code, Day, Form
from services.web.lists import AFTER, ListQuery
from targets_api.domain.ranking import By, Place
from targets_api.progress.parameters import period_of
from targets_api.progress.schemas import (
    Answer,
    CollectorOfProgress,
    Counts,
    Coverage,
    OrganisationOfProgress,
    PacesOfTargets,
    UnitOfProgress,
)
from targets_api.rankings.keys import Level, PageKey, RankingKey
from targets_api.remembering.schemas import Fresh

_WEEK: Final = timedelta(days=7)
_PLACE: Final = r"^(-?[0-9]{1,12}(\.[0-9]{1,6})?)?:[0-9A-Za-z][0-9A-Za-z._-]*$"
_OF_TARGETS: Final = frozenset({"ratio", "attained"})
PlaceInRanking: TypeAlias = Annotated[
    Place,
    Form(
        _PLACE,
        core_schema.no_info_plain_validator_function(Place.read),
        {"type": "string", "maxLength": 200, "pattern": _PLACE},
        "the `next` of the page before is expected, as it was given",
    ),
    PlainSerializer(str),
]
LevelOfRanking: TypeAlias = Annotated[
    Level, Field(description="Who is ranked: units of a level, organisations or collectors", examples=["commune"])
]


class RankingQuery(ListQuery):
    """Who is ranked by what, as of which day; `after` is the `next` of the page before."""

    level: LevelOfRanking
    scheme: SchemeWord = Field(description="In which scheme")
    by: By = Field(
        "ratio",
        description="`ratio`: attained / expected of the target; `attained`: the share of its way; `new`: new sign-ups "
        "from `from` to `on`; `coverage`, of units: covered / population",
        examples=["ratio"],
    )
    under: Code | None = Field(
        None,
        description="Only those below this unit; of organisations and collectors: below this organisation",
        examples=["38"],
    )
    measure: Measure | None = Field(
        None, description="By targets of this measure, with `by` ratio or attained; default: of any", examples=["new"]
    )
    start: Day | None = Field(
        None,
        alias="from",
        description="Count from this day; default: 1 January of the year of `on`",
        examples=["2025-01-01"],
    )
    on: Day | None = Field(
        None, description="As of this day, today at the latest; default: today", examples=["2025-10-25"]
    )
    before: Day | None = Field(
        None,
        description="The day whose ranks are `rank_before`; default: 7 days before `on`",
        examples=["2025-10-18"],
    )
    after: PlaceInRanking | None = Field(None, description=AFTER, examples=["0.229:15142"])

    def page(self, today: date, own_of: str | None) -> PageKey:
        """The page that is asked for. Raises Invalid."""
        return PageKey(self.key(today, own_of), self.limit, self.after)

    def key(self, today: date, own_of: str | None) -> RankingKey:
        """With the defaults, for a reader who may know of `own_of` alone.

        Raises Invalid for what contradicts itself.
        """
        start, on = period_of(self.start, self.on, today)
        before = self.before or on - _WEEK
        if before >= on:
            raise Invalid.field("/query/before", f"a day before on, {on}, is expected")
        if self.measure and self.by not in _OF_TARGETS:
            raise Invalid.field("/query/measure", f"only targets have one: leave it out, or rank by {_either()}")
        if self.by == "coverage" and self.level not in get_args(UnitLevel):
            raise Invalid.field("/query/by", f"only units have a population: rank a {self.level} by new or {_either()}")
        return RankingKey(self.level, self.under, self.scheme, self.by, self.measure, start, on, before, own_of)


def _either() -> str:
    return " or ".join(sorted(_OF_TARGETS))


class _Ranked(Answer):
    rank: ShownNumber | None = Field(
        description="1 is the highest. Equal values share a rank, and as many after it are left out: 1, 2, 2, 4. Null, "
        "at the end, where there is nothing to rank by",
        examples=[1],
    )
    rank_before: ShownNumber | None = Field(
        description="The rank among those of the day `before`, by what is known of it by now; null where it had none",
        examples=[3],
    )
    value: float | None = shown("What it is ranked by, as it is shown", 0.229, format="double")
    target_id: ShownId | None = Field(
        description="The target that it is ranked by, one of `targets`; null where it is not ranked by targets"
    )


def _one_of_three(description: str) -> Any:
    return Field(None, exclude_if=lambda owner: owner is None, description=description)


class RankedOwner(PacesOfTargets, Coverage, Counts, _Ranked):
    """A unit or an organisation with all below it, or a collector: one of the three is named. Only units have a
    population."""

    unit: UnitOfProgress | None = _one_of_three("The unit that is ranked")
    organisation: OrganisationOfProgress | None = _one_of_three("The organisation that is ranked")
    collector: CollectorOfProgress | None = _one_of_three("The collector who is ranked")


class RankingPage(Fresh):
    """A page of a ranking: the highest first, equal values by code. `next` goes into `after` to read on, and is null at
    the end."""

    level: LevelOfRanking
    scheme: SchemeWord
    by: By = Field(description="What is ranked by", examples=["ratio"])
    measure: MeasureWord | None = Field(description="Of the targets that are ranked by; null: of any")
    start: ShownDay = Field(alias="from", description="First day that is counted", examples=["2025-01-01"])
    on: ShownDay = Field(description="Last day that is counted", examples=["2025-10-25"])
    before: ShownDay = Field(description="The day of `rank_before`", examples=["2025-10-18"])
    items: list[RankedOwner] = Field(description="Those on this page", json_schema_extra={"maxItems": MOST})
    next: Annotated[str, shown("Goes into `after` to read on", "0.229:15142", maxLength=200, pattern=_PLACE)] | None = (
        None
    )

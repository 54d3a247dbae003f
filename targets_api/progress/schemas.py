"""Answers of progress."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from services.shown import (
    MOST_PERSONS,
    MOST_VND,
    LevelWord,
    MeasureWord,
    SchemeWord,
    SeverityWord,
    ShownAmount,
    ShownCode,
    ShownCollector,
    ShownCount,
    ShownDay,
    ShownDifference,
    ShownId,
    ShownName,
    ShownNumber,
    ShownOrganisation,
    ShownShare,
    ShownText,
    ShownUnit,
    ShownValue,
    StatusWord,
    shown,
    shown_list,
)
from services.web.tables import IN_JSON_ALONE
from targets_api.domain.series import Other
from targets_api.domain.splits import MOST_SHOWN, SplitBy
from targets_api.remembering.schemas import Fresh

MOST_UNITS: Final = 100_000
SplitWord: TypeAlias = Annotated[SplitBy, shown("What the figures are split by", "channel")]
OtherWord: TypeAlias = Annotated[
    Other,
    Field(
        description="`previous_year`: the same dates of the year before, of the 29 February the 28; `previous_period`: "
        "as many days, up to the eve of `from`",
        examples=["previous_year"],
    ),
]
ShownAmountDifference: TypeAlias = Annotated[
    int, shown("A difference in whole VND", 147841200, minimum=-MOST_VND, maximum=MOST_VND, format="int64")
]


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, from_attributes=True)


_A_DAY: Final = Field(json_schema_extra={"minimum": 0, "maximum": MOST_PERSONS, "format": "double"})


class NamedScope(Answer):
    """What a target is about: only what is named."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unit_code": "15142"}]})

    unit_code: ShownUnit | None = Field(None, exclude_if=lambda code: code is None)
    organisation_code: ShownOrganisation | None = Field(None, exclude_if=lambda code: code is None)
    collector_code: ShownCollector | None = Field(None, exclude_if=lambda code: code is None)


class TargetPace(Answer):
    """A target's pace at the end of the day `on`. `attained` and `expected` are shares of the way from the start;
    `ratio` is attained / expected; `short_by` is persons, `needed_per_day` persons for each day left that counts,
    the running one included. Of a past day, `status` and `severity` are those that were given on it, and the figures
    those known by now. Shares are cut to three decimal places, `needed_per_day` is rounded up to one."""

    id: ShownId
    name: ShownName | None = Field(description="Its name, where it has one", examples=["Q4"])
    scope: NamedScope = Field(description="What it is about")
    measure: MeasureWord
    value: ShownValue
    starts_on: ShownDay = Field(description="First day of its period", examples=["2025-10-25"])
    ends_on: ShownDay = Field(description="Last day of its period", examples=["2025-12-31"])
    attained: ShownShare = Field(description="The share of the way that is behind it", examples=[0.062])
    expected: ShownShare = Field(description="The share of the way that is expected by now", examples=[0.27])
    ratio: ShownShare | None = Field(
        description="attained / expected; null where nothing is expected yet", examples=[0.229]
    )
    status: StatusWord
    severity: SeverityWord | None = Field(description="How grave it is; null where the target does not lag behind")
    short_by: ShownCount = Field(description="How many persons are missing by now", examples=[1186])
    needed_per_day: Annotated[float, _A_DAY] | None = Field(
        description="Persons for each day left that counts; null where it is reached, or no day is left",
        examples=[79.9],
    )
    because: ShownText = Field(
        description="Why the status is what it is", examples=["395 of 6,382 by 2025-10-25; 1,723 expected"]
    )


class UnitOfProgress(Answer):
    """A unit."""

    code: ShownUnit
    name: ShownName
    level: LevelWord


class OrganisationOfProgress(Answer):
    """A collection organisation."""

    code: ShownOrganisation
    name: ShownName = Field(examples=["Bưu điện Cẩm Thủy"])


class CollectorOfProgress(Answer):
    """A collector."""

    code: ShownCollector
    organisation_code: ShownOrganisation


class _Days(Answer):
    scheme: SchemeWord
    start: ShownDay = Field(alias="from", description="First day that is counted", examples=["2025-01-01"])
    on: ShownDay = Field(description="Last day that is counted", examples=["2025-10-25"])


class Period(Fresh, _Days):
    """What is counted from when to when, and how fresh it is."""


class Counts(Answer):
    """What was signed up, and paid."""

    new: ShownCount = Field(description="Sign-ups of persons without cover before", examples=[352])
    renewal: ShownCount = Field(description="Sign-ups of persons who had cover", examples=[12])
    cancelled: ShownCount = Field(description="Sign-ups that were cancelled", examples=[0])
    net: ShownDifference = Field(description="new + renewal - cancelled", examples=[364])
    contributions: ShownAmount = Field(
        description="What was paid for those that were not cancelled, in whole VND, on the day of the signing",
        examples=[444787200],
    )
    without_amount: ShownCount = Field(
        description="For how many of these what was paid is not known, so that `contributions` lacks it: sign-ups of "
        "before it was kept",
        examples=[0],
    )


class ProgressDifference(Answer):
    """The figures less those of the other period."""

    new: ShownDifference = Field(examples=[120])
    renewal: ShownDifference = Field(examples=[-3])
    cancelled: ShownDifference = Field(examples=[0])
    net: ShownDifference = Field(examples=[117])
    contributions: ShownAmountDifference = Field(examples=[147841200])


class OtherPeriod(Counts):
    """What was signed up on the same days of another period. Sign-ups of before the installation are not there."""

    period: OtherWord
    start: ShownDay = Field(alias="from", description="First day of the other period", examples=["2024-01-01"])
    on: ShownDay = Field(description="Last day of the other period", examples=["2024-10-25"])
    difference: ProgressDifference = Field(description="The figures less these")


class _Compared(Answer):
    compared_with: OtherPeriod | None = Field(
        None,
        description="The same days of another period, where `compared_with` asks for them",
        exclude_if=lambda other: other is None,
    )


class SplitCounts(Answer):
    """What was signed up, and paid, in a part."""

    new: ShownCount = Field(examples=[120])
    renewal: ShownCount = Field(examples=[3])
    cancelled: ShownCount = Field(examples=[0])
    net: ShownDifference = Field(description="new + renewal - cancelled", examples=[123])
    contributions: ShownAmount = Field(
        description="What was paid for those that stand, in whole VND", examples=[155422800]
    )


class SplitPart(SplitCounts):
    """A part of the figures."""

    of: ShownCode | None = Field(
        description="Code of the channel, campaign or organisation, or the kind. Null: none was named, or it is not "
        "known, since the sign-up was counted by a version that did not keep it",
        examples=["home_visit"],
    )


class OtherParts(SplitCounts):
    """The parts that are not shown by themselves, together."""

    parts: ShownNumber = Field(description="How many they are", examples=[12])


class _Split(Answer):
    splits: Annotated[list[SplitPart], Field(json_schema_extra={"maxItems": MOST_SHOWN + 1})] | None = Field(
        None,
        description="The parts that `split` asks for, those with the most sign-ups first and what is not named last. "
        "With `other_parts` they add up to the figures",
        json_schema_extra={IN_JSON_ALONE: True},
        exclude_if=lambda parts: parts is None,
    )
    other_parts: OtherParts | None = Field(
        None,
        description=f"Where there are more than {MOST_SHOWN} parts: the smaller ones",
        json_schema_extra={IN_JSON_ALONE: True},
        exclude_if=lambda parts: parts is None,
    )


class Coverage(Answer):
    """Population and persons covered."""

    population: ShownCount | None = Field(
        examples=[26697],
        description="Of the latest baseline on or before `on`: of the unit, else of the insurance units and communes "
        "below it that have one; null where there is none",
    )
    covered: ShownDifference | None = Field(
        description="Of the same baselines, and the new sign-ups since each of them", examples=[20054]
    )
    coverage: ShownShare | None = Field(
        description="covered / population, cut to four decimal places", examples=[0.7511]
    )
    without_baseline: list[ShownUnit] = shown_list(
        "Communes at or below the unit that no baseline counts, so that `covered` lacks them", [], most=MOST_UNITS
    )


class PacesOfTargets(Answer):
    """The pace of targets."""

    targets: list[TargetPace] = Field(
        description="The pace of its own targets of those years, of those that ended in the 31 days before `on`, and "
        "of those whose alert was open then",
        json_schema_extra={"maxItems": MOST_UNITS},
    )


class UnitProgress(_Split, _Compared, PacesOfTargets, Coverage, Counts, Period):
    """A unit with all below it."""

    TABLE_ROWS: ClassVar[str] = ""

    unit: UnitOfProgress = Field(description="Whose progress it is")


class OrganisationProgress(_Split, _Compared, PacesOfTargets, Counts, Period):
    """An organisation with all below it."""

    TABLE_ROWS: ClassVar[str] = ""

    organisation: OrganisationOfProgress = Field(description="Whose progress it is")


class CollectorProgress(_Split, _Compared, PacesOfTargets, Counts, Period):
    """A collector."""

    TABLE_ROWS: ClassVar[str] = ""

    collector: CollectorOfProgress = Field(description="Whose progress it is")


class ChildProgress(_Compared, PacesOfTargets, Coverage, Counts):
    """A unit below the one that was asked for, or that unit itself, for the sign-ups of no unit below it."""

    unit: UnitOfProgress = Field(description="Whose progress it is")
    direct: bool = Field(False, description="Sign-ups of the unit that was asked for itself", examples=[False])


class ChildrenProgress(Period):
    """Each unit directly below, by name in the order of the Vietnamese alphabet; then the unit itself, where there are
    sign-ups of it and of none below it. So the items add up to the unit."""

    unit: UnitOfProgress = Field(description="The unit that was asked for")
    items: list[ChildProgress] = Field(
        description="The units below it, and itself", json_schema_extra={"maxItems": MOST_UNITS}
    )

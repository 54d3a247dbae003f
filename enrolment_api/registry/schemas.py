"""Bodies and answers of the registry."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.shown import (
    LevelWord,
    ShownCollector,
    ShownDay,
    ShownName,
    ShownNumber,
    ShownOrganisation,
    ShownUnit,
    ShownVersion,
)
from services.web.fields import Day, Name, OrganisationCode, RequestBody, Truth, UnitCode
from services.web.lists import AFTER, ListQuery, Page, QueryParameters
from services.web.problems import Problem

MOST_LINES: Final = 1000
"""How many refused lines an answer names."""


class UnitBody(RequestBody):
    """A province, an insurance unit, a commune or a village. `parent_code` names a unit of a higher level; it is
    required but for a province, which has none. Where `valid_from` is left out, the unit exists since always, also
    where it had a first day before."""

    name: Annotated[Name, Field(examples=["Xã Cẩm Thạch"])]
    level: LevelWord
    parent_code: UnitCode | None = Field(
        None, description="Code of the unit above; required but for a province", examples=["38"]
    )
    valid_from: Day | None = Field(None, description="First day on which it exists", examples=["2025-07-01"])


class SuccessionBody(RequestBody):
    """How a unit ends: from the day `on` its successors take its place."""

    on: Day = Field(description="First day on which the successors take its place", examples=["2026-04-30"])
    successors: list[UnitCode] = Field(
        min_length=1, max_length=50, description="Codes of units of the same level", examples=[["15143"]]
    )


class OrganisationBody(RequestBody):
    """A collection organisation. `parent_code` names the one it is part of; where it is left out, it is part of none,
    also where it was before."""

    name: Name
    parent_code: OrganisationCode | None = Field(
        None, description="Code of the organisation that it is part of", examples=["BD-THANH-HOA"]
    )


class CollectorBody(RequestBody):
    """A person who collects for one organisation. Another organisation than before is a move, on the day `from`, or
    today where it is left out."""

    name: Annotated[Name, Field(examples=["Nhân viên thu 7"])]
    organisation_code: OrganisationCode
    from_on: Day | None = Field(
        None,
        alias="from",
        description="Since when the collector belongs to the organisation; left out for a new one: always",
        examples=["2025-10-01"],
    )


class ImportBody(RequestBody):
    """Which province to import."""

    province_code: Annotated[
        str,
        StringConstraints(max_length=2, pattern=r"^[0-9]{2}$"),
        Field(description="Code of the province in the official list", examples=["38"]),
    ]


class UnitQuery(ListQuery):
    """Which units to list; `after` is the `next` of the page before."""

    parent_code: UnitCode | None = Field(None, description="Only those directly below this unit", examples=["38"])
    level: LevelWord | None = Field(None, description="Only those of this level")
    on: Day | None = Field(None, description="Only those that exist on this day", examples=["2025-10-25"])
    after: UnitCode | None = Field(None, description=AFTER)


Successors: TypeAlias = Annotated[
    list[ShownUnit],
    BeforeValidator(lambda codes: codes or []),
    Field(description="Codes of the units that take its place", examples=[[]], max_length=50),
]


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class UnitView(_View):
    """A unit. `version` grows with each change. It exists from `valid_from` to `valid_to`, both included, null: without
    limit; from then on its successors take its place."""

    code: ShownUnit
    name: ShownName
    level: LevelWord
    parent_code: ShownUnit | None = Field(description="Code of the unit above; null for a province", examples=["38"])
    version: ShownVersion
    valid_from: ShownDay | None = Field(description="First day on which it exists", examples=["2025-07-01"])
    valid_to: ShownDay | None = Field(description="Last day on which it exists", examples=[None])
    successors: Successors


class OrganisationView(_View):
    """An organisation. `version` grows with each change."""

    code: ShownOrganisation
    name: ShownName = Field(examples=["Bưu điện Cẩm Thủy"])
    parent_code: ShownOrganisation | None = Field(
        description="Code of the organisation that it is part of", examples=["BD-THANH-HOA"]
    )
    version: ShownVersion


class StayView(_View):
    """The days, both included, for which a collector belonged to an organisation; null: without limit."""

    organisation_code: ShownOrganisation
    from_on: ShownDay | None = Field(alias="from", description="First day", examples=[None])
    until_on: ShownDay | None = Field(alias="until", description="Last day", examples=["2026-01-04"])


class CollectorView(_View):
    """A collector. `version` grows with each change."""

    code: ShownCollector
    name: ShownName = Field(examples=["Nhân viên thu 7"])
    organisation_code: ShownOrganisation
    from_on: ShownDay | None = Field(alias="from", description="Since when; null: always", examples=["2026-01-05"])
    version: ShownVersion
    stays: list[StayView] = Field(description="Where the collector was before, the earliest first", max_length=1000)


class UnitPage(Page[UnitView]):
    """Units in the order of their codes."""


class RefusedLine(BaseModel):
    """A row that was refused."""

    line: ShownNumber = Field(description="The line on which it begins; the names of the columns are line 1")
    problem: Problem = Field(description="Why, and how to correct it: each pointer is a column")


class FileAnswer(BaseModel):
    """What became of the rows of a file."""

    dry_run: bool = Field(description="Whether nothing was kept", examples=[False])
    rows: ShownNumber = Field(description="How many rows it has", examples=[169])
    made: ShownNumber = Field(description="How many are new", examples=[167])
    changed: ShownNumber = Field(description="How many changed something", examples=[1])
    same: ShownNumber = Field(description="How many were there already, as the file has them", examples=[0])
    refused: ShownNumber = Field(description="How many were refused", examples=[1])
    lines: list[RefusedLine] = Field(
        description="The first of those that were refused, in their order", max_length=MOST_LINES
    )


class FileQuery(QueryParameters):
    """How to take a file."""

    dry_run: Truth = Field(
        False, description="true: say what would become of the rows, and keep nothing", examples=[False]
    )


class ImportAnswer(BaseModel):
    """How many units of the list were made or changed, or are there already as the list has them."""

    province_code: ShownUnit = Field(description="Code of the province", examples=["38"])
    made: ShownNumber = Field(description="How many are new", examples=[167])
    changed: ShownNumber = Field(description="How many were changed", examples=[0])
    same: ShownNumber = Field(description="How many were there already, as the list has them", examples=[0])

"""Bodies and answers of the registry."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.shown import (
    LevelWord,
    ShownCollector,
    ShownName,
    ShownNumber,
    ShownOrganisation,
    ShownUnit,
    ShownVersion,
)
from services.web.fields import Name, OrganisationCode, RequestBody, UnitCode
from services.web.lists import AFTER, ListQuery, Page


class UnitBody(RequestBody):
    """A province, an insurance unit, a commune or a village. `parent_code` names a unit of a higher level; it is
    required but for a province, which has none."""

    name: Annotated[Name, Field(examples=["Xã Cẩm Thạch"])]
    level: LevelWord
    parent_code: UnitCode | None = Field(
        None, description="Code of the unit above; required but for a province", examples=["38"]
    )


class OrganisationBody(RequestBody):
    """A collection organisation. `parent_code` names the one it is part of; where it is left out, it is part of none,
    also where it was before."""

    name: Name
    parent_code: OrganisationCode | None = Field(
        None, description="Code of the organisation that it is part of", examples=["BD-THANH-HOA"]
    )


class CollectorBody(RequestBody):
    """A person who collects for one organisation."""

    name: Annotated[Name, Field(examples=["Nhân viên thu 7"])]
    organisation_code: OrganisationCode


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
    after: UnitCode | None = Field(None, description=AFTER)


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UnitView(_View):
    """A unit. `version` grows with each change."""

    code: ShownUnit
    name: ShownName
    level: LevelWord
    parent_code: ShownUnit | None = Field(description="Code of the unit above; null for a province", examples=["38"])
    version: ShownVersion


class OrganisationView(_View):
    """An organisation. `version` grows with each change."""

    code: ShownOrganisation
    name: ShownName = Field(examples=["Bưu điện Cẩm Thủy"])
    parent_code: ShownOrganisation | None = Field(
        description="Code of the organisation that it is part of", examples=["BD-THANH-HOA"]
    )
    version: ShownVersion


class CollectorView(_View):
    """A collector. `version` grows with each change."""

    code: ShownCollector
    name: ShownName = Field(examples=["Nhân viên thu 7"])
    organisation_code: ShownOrganisation
    version: ShownVersion


class UnitPage(Page[UnitView]):
    """Units in the order of their codes."""


class ImportAnswer(BaseModel):
    """How many units of the list were made or changed, or are there already as the list has them."""

    province_code: ShownUnit = Field(description="Code of the province", examples=["38"])
    made: ShownNumber = Field(description="How many are new", examples=[167])
    changed: ShownNumber = Field(description="How many were changed", examples=[0])
    same: ShownNumber = Field(description="How many were there already, as the list has them", examples=[0])

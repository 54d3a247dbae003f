"""Bodies and answers of the registry."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.vocabulary import UnitLevel
from services.web.fields import Code, Name, RequestBody
from services.web.lists import ListQuery, Page


class UnitBody(RequestBody):
    """A province, an insurance unit, a commune or a village. `parent_code` names a unit of a higher level; it is
    required but for a province, which has none."""

    name: Name
    level: UnitLevel = Field(examples=["village"])
    parent_code: Code | None = Field(None, examples=["15142"])


class OrganisationBody(RequestBody):
    """A collection organisation. `parent_code` names the one it is part of; where it is left out, it is part of none,
    also where it was before."""

    name: Name
    parent_code: Code | None = None


class CollectorBody(RequestBody):
    """A person who collects for one organisation."""

    name: Name
    organisation_code: Annotated[Code, Field(examples=["BD-CAM-THUY"])]


class ImportBody(RequestBody):
    """Which province to import."""

    province_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$"), Field(examples=["38"])]


class UnitQuery(ListQuery):
    """Which units to list; `after` is the `next` of the page before."""

    parent_code: Code | None = None
    level: UnitLevel | None = None
    after: Code | None = None


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class UnitView(_View):
    """A unit. `version` grows with each change."""

    code: str
    name: str
    level: UnitLevel
    parent_code: str | None
    version: int


class OrganisationView(_View):
    """An organisation. `version` grows with each change."""

    code: str
    name: str
    parent_code: str | None
    version: int


class CollectorView(_View):
    """A collector. `version` grows with each change."""

    code: str
    name: str
    organisation_code: str
    version: int


class UnitPage(Page[UnitView]):
    """Units in the order of their codes."""


class ImportAnswer(BaseModel):
    """How many units of the list were made or changed, or are there already as the list has them."""

    province_code: str
    made: int
    changed: int
    same: int

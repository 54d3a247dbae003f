"""Bodies of the registry."""

from __future__ import annotations

import unicodedata
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.vocabulary import UnitLevel

CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Code: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE)]


def _plain(name: str) -> str:
    name = unicodedata.normalize("NFC", name)
    if not name.isprintable():
        raise ValueError("a name has no control characters: remove line breaks, tabs and invisible characters")
    return name


Name: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_plain),
    Field(examples=["Bưu điện Cẩm Thủy"]),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)


class UnitBody(_Body):
    """A province, an insurance unit, a commune or a village; the parent is of a higher level."""

    name: Name
    level: UnitLevel = Field(examples=["village"])
    parent_code: Code | None = Field(None, examples=["15142"])


class OrganisationBody(_Body):
    """A collection organisation, which may be part of another."""

    name: Name
    parent_code: Code | None = None


class CollectorBody(_Body):
    """A person who collects for one organisation."""

    name: Name
    organisation_code: Annotated[Code, Field(examples=["BD-CAM-THUY"])]


class ImportBody(_Body):
    """Which province to import."""

    province_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$"), Field(examples=["38"])]


class UnitQuery(BaseModel):
    """Which units to list; `after` is the `next` of the page before."""

    model_config = ConfigDict(extra="forbid")

    parent_code: Code | None = None
    level: UnitLevel | None = None
    after: Code | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class UnitView(BaseModel):
    """A unit. `version` grows with each change."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    level: UnitLevel
    parent_code: str | None
    version: int


class OrganisationView(BaseModel):
    """An organisation. `version` grows with each change."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    parent_code: str | None
    version: int


class CollectorView(BaseModel):
    """A collector. `version` grows with each change."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    organisation_code: str
    version: int


class UnitPage(BaseModel):
    """One page; `next` is the `after` of the following one, or null on the last."""

    items: list[UnitView]
    next: str | None


class ImportAnswer(BaseModel):
    """How many units the list has, and what became of them."""

    province_code: str
    made: int
    changed: int
    same: int

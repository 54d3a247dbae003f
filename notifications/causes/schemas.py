"""A cause as it is put, and as it is shown."""

from __future__ import annotations

from pydantic import BaseModel, Field

from notifications.tables.causes import CauseRow
from services.shown import ShownCode, ShownName
from services.web.fields import Code, Label, RequestBody
from services.web.lists import AFTER, ListQuery, Page


class CauseName(RequestBody):
    """What the cause is called, for people to read."""

    vi: Label = Field(description="In Vietnamese", examples=["Người dân đi làm ăn xa"])
    en: Label = Field(description="In English", examples=["People work away from home"])


class CauseBody(RequestBody):
    """A cause as it is to be."""

    name: CauseName = Field(description="What it is called")


class ShownCauseName(BaseModel):
    """What the cause is called."""

    vi: ShownName = Field(description="In Vietnamese", examples=["Người dân đi làm ăn xa"])
    en: ShownName = Field(description="In English", examples=["People work away from home"])


class CauseView(BaseModel):
    """A cause of the catalogue."""

    code: ShownCode = Field(description="Its code", examples=["working_away"])
    name: ShownCauseName = Field(description="What it is called")


class CauseQuery(ListQuery):
    """`after` is the `next` of the page before."""

    after: Code | None = Field(None, description=AFTER, examples=["cost"])


class CausePage(Page[CauseView]):
    """Causes, by their codes."""


def view_of(row: CauseRow) -> CauseView:
    """The cause as it is shown."""
    return named(row.code, row.name_vi, row.name_en)


def named(code: str, vi: str, en: str) -> CauseView:
    """The cause that is called so."""
    return CauseView(code=code, name=ShownCauseName(vi=vi, en=en))

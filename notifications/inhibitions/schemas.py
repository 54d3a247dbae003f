"""An inhibition as it is put, and as it is shown."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from services.shown import ShownCode, ShownTime, ShownUnit
from services.web.fields import Code, RequestBody, UnitCode
from services.web.lists import AFTER, ListQuery, Page

_UNDER: Final = "At and below this unit, an alert of a unit hushes those of the units below it"


class InhibitionBody(RequestBody):
    """An inhibition as it is to be."""

    under: UnitCode = Field(description=_UNDER, examples=["38"])


class InhibitionView(BaseModel):
    """An inhibition."""

    model_config = ConfigDict(from_attributes=True)

    name: ShownCode = Field(description="Its name", examples=["province"])
    under: ShownUnit = Field(description=_UNDER, examples=["38"])
    updated_at: ShownTime = Field(description="When it was changed last, in UTC")


class InhibitionQuery(ListQuery):
    """`after` is the `next` of the page before."""

    after: Code | None = Field(None, description=AFTER, examples=["province"])


class InhibitionPage(Page[InhibitionView]):
    """Inhibitions, by their names."""

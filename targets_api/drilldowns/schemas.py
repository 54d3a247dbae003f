"""Queries and answers of those below an organisation, and of those who signed up in a unit."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import Field

from services.pages import MOST
from services.shown import SchemeWord, ShownDay, ShownOrganisation, ShownUnit, shown
from services.vocabulary import Scheme
from services.web.fields import Code
from services.web.lists import AFTER, ListQuery
from targets_api.progress.parameters import PeriodQuery
from targets_api.progress.schemas import (
    MOST_UNITS,
    Answer,
    CollectorOfProgress,
    Counts,
    OrganisationOfProgress,
    PacesOfTargets,
    Period,
    TargetPace,
)
from targets_api.remembering.schemas import Fresh


class BelowKey(NamedTuple):
    """Those below which organisation, in which period, and which page of them.

    `own_of`: the organisation that asks, where it may know of its own alone.
    """

    code: str
    scheme: Scheme
    start: date
    on: date
    limit: int
    after: str | None
    own_of: str | None = None


class BelowQuery(ListQuery, PeriodQuery):
    """Which organisation, in which scheme, from which day to which; `after` is the `next` of the page before."""

    code: Code = Field(description="Code of the organisation", examples=["BD-CAM-THUY"])
    after: Code | None = Field(None, description=AFTER, examples=["CT-07"])

    def key(self, today: date, own_of: str | None) -> BelowKey:
        """With the defaults. Raises Invalid for what contradicts itself."""
        return BelowKey(self.code, self.scheme, *self.days(today), self.limit, self.after, own_of)


class InUnitQuery(BelowQuery):
    """Which unit, in which scheme, from which day to which; `after` is the `next` of the page before."""

    code: Code = Field(description="Code of the unit", examples=["15142"])


_Next: TypeAlias = Annotated[str, shown("Goes into `after` to read on", "CT-07", maxLength=64)]


def _one_of_two(description: str) -> Any:
    return Field(None, exclude_if=lambda owner: owner is None, description=description)


class OwnerBelow(PacesOfTargets, Counts, Answer):
    """An organisation with all below it, or a collector: one of the two is named."""

    organisation: OrganisationOfProgress | None = _one_of_two("The organisation")
    collector: CollectorOfProgress | None = _one_of_two("The collector")


class OwnerInUnit(OwnerBelow):
    """An organisation, without those below it, or a collector, with what it signed up in the unit and below it."""

    targets: list[TargetPace] = Field(
        description="The pace of its targets that name this unit, of the same time as those of a unit. What counts "
        "for one of an organisation is of those below it, too",
        json_schema_extra={"maxItems": MOST_UNITS},
    )


class BelowPage(Fresh):
    """Those directly below the organisation, by code. `next` goes into `after` to read on, and is null at the end."""

    organisation_code: ShownOrganisation
    scheme: SchemeWord
    start: ShownDay = Field(alias="from", description="First day that is counted", examples=["2025-01-01"])
    on: ShownDay = Field(description="Last day that is counted", examples=["2025-10-25"])
    items: list[OwnerBelow] = Field(description="Those on this page", json_schema_extra={"maxItems": MOST})
    next: _Next | None = None


class InUnitPage(Period):
    """Those who signed up in the unit or below it from `from` to `on`, by code, those whose sign-ups were all cancelled
    included: the items of all pages add up to the unit. `next` goes into `after` to read on, and is null at the end."""

    unit_code: ShownUnit
    items: list[OwnerInUnit] = Field(description="Those on this page", json_schema_extra={"maxItems": MOST})
    next: _Next | None = None

"""A digest as it is put, and as it is shown."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field

from notifications.domain.digest import Every
from notifications.domain.hours import Weekday
from notifications.routing.hours_schema import TimeOfDay
from notifications.tables.digests import DigestRow
from services.shown import ShownCode, ShownTime, ShownUnit, shown, shown_list
from services.web.fields import Code, RequestBody, UnitCode
from services.web.lists import AFTER, ListQuery, Page

_UNDER: Final = "It tells of alerts of this unit and of those below it; without it, of all"
_ROUTE: Final = "Name of the route that gets it, of the channel mail or chat; its language is that of the digest"
_EVERY: Final = "How often it comes"
_AT: Final = "At which time of the day in Vietnam, whatever the hours of the route"
_ON: Final = "The weekday of a weekly one: Monday without it; on a public holiday it comes on the next working day"
_DAYS: Final = "The days of a daily one; without it, working days, with days of a week-end that are worked in exchange"
_HOLIDAYS: Final = "Also on public holidays of Vietnam"
_WEEK: Final = 7


class DigestBody(RequestBody):
    """A PUT replaces the digest."""

    under: UnitCode | None = Field(None, description=_UNDER, examples=["38"])
    route: Code = Field(description=_ROUTE, examples=["director"])
    every: Every = Field(description=_EVERY, examples=["day"])
    at: TimeOfDay = Field(description=_AT, examples=["07:30"])
    on: Weekday | None = Field(None, description=_ON, examples=[None])
    days: list[Weekday] | None = Field(
        None, description=_DAYS, examples=[["mon", "wed", "fri"]], min_length=1, max_length=_WEEK
    )
    holidays: bool = Field(False, description=_HOLIDAYS, examples=[False])


class DigestView(BaseModel):
    """A digest."""

    name: ShownCode = Field(description="Its name", examples=["thanh-hoa"])
    under: ShownUnit | None = Field(description=_UNDER, examples=["38"])
    route: ShownCode = Field(description=_ROUTE, examples=["director"])
    every: Every = Field(description=_EVERY, examples=["day"])
    at: Annotated[str, shown(_AT, "07:30", minLength=5, maxLength=5)]
    on: Weekday | None = Field(description=f"{_ON}; null of a daily one", examples=[None])
    days: Annotated[list[Weekday], shown_list(_DAYS, ["mon", "wed", "fri"], most=_WEEK)] | None
    holidays: bool = Field(description=_HOLIDAYS, examples=[False])
    next_at: ShownTime = Field(description="When the next one comes, in UTC")
    created_at: ShownTime = Field(description="When it was made, in UTC")
    updated_at: ShownTime = Field(description="When it was changed last, in UTC")

    @classmethod
    def of(cls, row: DigestRow) -> DigestView:
        """As it is shown."""
        on = row.on_day if row.every == "week" else None
        return cls.model_validate(row.model_dump() | {"route": row.route_name, "on": on})


class DigestQuery(ListQuery):
    """`after` is the `next` of the page before."""

    after: Code | None = Field(None, description=AFTER, examples=["thanh-hoa"])


class DigestPage(Page[DigestView]):
    """Digests, by their names."""

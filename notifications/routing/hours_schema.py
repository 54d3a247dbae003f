"""The hours of a route as they are put and shown."""

from __future__ import annotations

from typing import Annotated, Final, Self, TypeAlias

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import core_schema

from notifications.domain.hours import OfCritical, Weekday
from services.web.fields import Form, RequestBody

_TIME: Final = "^([01][0-9]|2[0-3]):[0-5][0-9]$"
_END: Final = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


def _form(pattern: str, example: str) -> Form:
    shown = {"type": "string", "pattern": pattern, "minLength": 5, "maxLength": 5}
    return Form(pattern, core_schema.str_schema(), shown, f"a time of the day is expected, such as {example}")


TimeOfDay: TypeAlias = Annotated[str, _form(_TIME, "07:30")]
EndOfHours: TypeAlias = Annotated[str, _form(_END, "17:00, or 24:00 for the end of the day")]


class RouteHours(RequestBody):
    """When a route is notified, in the time of Vietnam; what is due at another time waits until then."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    begins: TimeOfDay = Field(alias="from", description="The first minute of each day", examples=["07:30"])
    ends: EndOfHours = Field(
        alias="to", description="The minute at which each day ends, later than `from`", examples=["17:00"]
    )
    days: list[Weekday] | None = Field(
        None,
        min_length=1,
        max_length=7,
        description="On which days; without it on working days: Monday to Friday less public holidays, and those days "
        "of a week-end that are worked in exchange for another",
        examples=[["mon", "tue", "wed", "thu", "fri", "sat"]],
    )
    holidays: bool = Field(False, description="Also on public holidays of Vietnam", examples=[False])
    critical: OfCritical = Field(
        "hours",
        description="`always`: of critical alerts at any time; `hours`: in these hours, too",
        examples=["always"],
    )

    @model_validator(mode="after")
    def _end_later(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError(
                "give a `to` that is later than `from`, such as 17:00; hours over midnight are those of two routes, "
                "one until 24:00 and one from 00:00"
            )
        return self

"""A chain of escalation as it is put, and as it is shown."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import core_schema

from services.durations import FORM
from services.shown import ShownCode, ShownTime, ShownUnit, shown, shown_list
from services.web.fields import Code, Form, RequestBody, UnitCode

_DURATION: Final = f"^{FORM}$"
_REMEDY: Final = "a duration in ISO 8601 is expected, in weeks, or days, hours and minutes: PT4H, P1D, P1DT12H, PT30M"
_UNDER: Final = (
    "For alerts of this unit and of those below it that no chain of a nearer unit is for; without it, for all alerts"
    " that have no other chain, also those of no unit"
)
_AFTER: Final = (
    "So long after the alert was raised, or its acknowledgement timed out, if nobody acknowledges it, in ISO 8601;"
    " a report that is overdue, or a remedy that is missed, takes the next step at once"
)
_MOST_STEPS: Final = 10
_MOST_ROUTES: Final = 20

Duration: TypeAlias = Annotated[
    str,
    Form(_DURATION, core_schema.str_schema(), {"type": "string", "pattern": _DURATION, "maxLength": 20}, _REMEDY),
]


class StepBody(RequestBody):
    """One level."""

    after: Duration = Field(description=_AFTER, examples=["PT4H"])
    routes: list[Code] = Field(
        description="Names of the routes that are notified, whatever their conditions are",
        examples=[["bhxh-cam-thuy"]],
        min_length=1,
        max_length=_MOST_ROUTES,
    )


class EscalationBody(RequestBody):
    """A PUT replaces the chain. All steps count from the same time, so that each has more than the one before."""

    under: UnitCode | None = Field(None, description=_UNDER, examples=["38"])
    steps: list[StepBody] = Field(description="The first is level 1", min_length=1, max_length=_MOST_STEPS)


class ShownStep(BaseModel):
    """One level."""

    after: Annotated[str, shown(_AFTER, "PT4H", maxLength=20)]
    routes: list[ShownCode] = shown_list("Names of the routes that are notified", ["bhxh-cam-thuy"], most=_MOST_ROUTES)


class EscalationView(BaseModel):
    """A chain of escalation."""

    model_config = ConfigDict(from_attributes=True)

    name: ShownCode = Field(description="Its name", examples=["thanh-hoa"])
    under: ShownUnit | None = Field(description=_UNDER, examples=["38"])
    steps: list[ShownStep] = Field(description="The first is level 1", json_schema_extra={"maxItems": _MOST_STEPS})
    created_at: ShownTime = Field(description="When it was made, in UTC")
    updated_at: ShownTime = Field(description="When it was changed last, in UTC")


class EscalationList(BaseModel):
    """All chains, by name."""

    items: list[EscalationView] = Field(description="The chains", json_schema_extra={"maxItems": 10_000})

"""Bodies, queries and answers of sign-ups."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic_core import core_schema

from enrolment_api.domain.enrolment import Status
from enrolment_api.enrolments import examples
from enrolment_api.enrolments.enrolment_view import EnrolmentView, Warnings
from enrolment_api.enrolments.pages import Position
from enrolment_api.enrolments.queries import Filters
from enrolment_api.enrolments.sign_up_body import SignUpBody
from services.errors import Invalid
from services.shown import ShownCode, ShownId, ShownNumber, shown
from services.web.fields import (
    AN_ID,
    CollectorCode,
    Day,
    Form,
    OrganisationCode,
    RequestBody,
    Text,
    Truth,
    UnitCode,
)
from services.web.lists import AFTER, ListQuery, Page
from services.web.problems import Problem

MOST_ITEMS = 1000
MOST_BATCH_VALUES = 25 * MOST_ITEMS
"""A sign-up with every field has 22."""


class BatchBody(RequestBody):
    """Up to 1,000 sign-ups."""

    items: Annotated[
        list[SignUpBody], Field(min_length=1, max_length=MOST_ITEMS, description="Sign-ups", fail_fast=True)
    ]


_KEY: Final = Form(
    r"^[\x21-\x7e]{1,255}$",
    core_schema.str_schema(),
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
    "1 to 255 visible ASCII characters are expected, fresh for each sign-up",
)


class IdempotencyHeader(BaseModel):
    """The key by which a request that is sent again is known."""

    key: Annotated[str, _KEY] = Field(
        alias="Idempotency-Key",
        description="Chosen by the client, fresh for each sign-up, the same when it is sent again",
        examples=["CT-0001"],
    )


PLACE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
Place: TypeAlias = Annotated[
    Position,
    Form(
        PLACE,
        core_schema.no_info_plain_validator_function(Position.read),
        {"type": "string", "maxLength": 47, "pattern": PLACE},
        "the `next` of the page before is expected, as it was given",
    ),
    PlainSerializer(str),
]


class EnrolmentQuery(ListQuery):
    """Which sign-ups to list; `after` is the `next` of the page before."""

    organisation_code: OrganisationCode | None = Field(
        None, description="Only those that this organisation sent; for the agency", examples=["BD-CAM-THUY"]
    )
    status: Status | None = Field(None, description="Only those that became this", examples=["submitted"])
    unit_code: UnitCode | None = Field(None, description="Only those in this unit and all below it")
    exact: Truth = Field(False, description="true: those of the unit `unit_code` alone", examples=[False])
    collector_code: CollectorCode | None = Field(None, description="Only those of this collector")
    external_ref: Text | None = Field(None, description="Only that with this reference", examples=["CT-0001"])
    signed_from: Day | None = Field(None, description="Only those signed on this day or later", examples=["2025-10-01"])
    signed_to: Day | None = Field(None, description="Only those signed on this day or before", examples=["2025-10-31"])
    after: Place | None = Field(None, description=AFTER, examples=[f"2025-10-25.{AN_ID}"])

    def filters(self) -> Filters:
        """As the list is read: a unit with all below it, unless `exact`. Raises Invalid for what contradicts itself."""
        if self.exact and self.unit_code is None:
            raise Invalid.field("/query/exact", "this says how unit_code is meant: give that, too")
        if self.signed_from and self.signed_to and self.signed_from > self.signed_to:
            raise Invalid.field("/query/signed_from", f"must not be after signed_to, {self.signed_to}")
        return Filters(**{name: value for name, value in self if name != "limit"})


class EnrolmentPage(Page[EnrolmentView]):
    """Sign-ups by the day of signing, those of a day in the order in which they were recorded."""


def given_only(description: str, example: object) -> Any:
    """A field that is left out where it is None."""
    return Field(None, exclude_if=lambda value: value is None, description=description, examples=[example])


class BatchItem(BaseModel):
    """The outcome of one item: `id` where it is recorded (status 201), else `problem`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BATCH_ITEM]})

    index: ShownNumber = Field(description="Which item, from 0", examples=[0])
    external_ref: ShownCode | None = Field(description="Its reference, where it has one", examples=["CT-0001"])
    status: int = shown("The status that it would have alone", 201, minimum=201, maximum=599, format="int32")
    id: ShownId | None = given_only("Id of the enrolment", AN_ID)
    replayed: bool | None = given_only("It was recorded before", True)
    warnings: Warnings | None = given_only("What looks wrong and was accepted all the same", [])
    problem: Problem | None = given_only("Why it was refused", None)


class BatchAnswer(BaseModel):
    """One entry per item, in the order in which they came."""

    items: list[BatchItem] = Field(description="The outcomes", json_schema_extra={"maxItems": MOST_ITEMS})

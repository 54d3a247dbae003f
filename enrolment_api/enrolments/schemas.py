"""Bodies, queries and answers of sign-ups."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic_core import core_schema

from enrolment_api.enrolments.enrolment_view import EnrolmentView
from enrolment_api.enrolments.queries import Filters
from enrolment_api.enrolments.sign_up_body import SignUpBody
from services.web.fields import Code, Day, Form, Id, RequestBody, Text, Truth
from services.web.lists import ListQuery, Page
from services.web.problems import Problem, ProblemField

MOST_ITEMS = 1000


class BatchBody(RequestBody):
    """Up to 1,000 sign-ups."""

    items: Annotated[list[SignUpBody], Field(min_length=1, max_length=MOST_ITEMS)]


_KEY: Final = Form(
    r"^[\x21-\x7e]{1,255}$",
    core_schema.str_schema(),
    {"type": "string", "minLength": 1, "maxLength": 255},
    "1 to 255 visible ASCII characters are expected, fresh for each sign-up",
)


class IdempotencyHeader(BaseModel):
    """The key by which a request that is sent again is known."""

    key: Annotated[str, _KEY] = Field(
        alias="Idempotency-Key",
        description="Chosen by the client, fresh for each sign-up, the same when it is sent again",
    )


class EnrolmentQuery(ListQuery):
    """Which sign-ups to list; `after` is the `next` of the page before."""

    unit_code: Code | None = Field(None, description="sign-ups in this unit and all below it")
    exact: Truth = Field(False, description="true: those of the unit `unit_code` alone")
    collector_code: Code | None = None
    external_ref: Text | None = None
    signed_from: Day | None = None
    signed_to: Day | None = None
    after: Id | None = None

    def filters(self) -> Filters:
        """As the list is read: a unit with all below it, unless `exact`."""
        values = self.model_dump(exclude={"limit", "exact"})
        return Filters(**values if self.exact else {**values, "unit_code": None, "under": self.unit_code})


class EnrolmentPage(Page[EnrolmentView]):
    """Sign-ups in the order in which they were recorded."""


def _given_only() -> Any:
    """A field that is left out where it is None."""
    return Field(None, exclude_if=lambda value: value is None)


class BatchItem(BaseModel):
    """The outcome of one item: `id` where it is recorded (status 201), else `problem`."""

    index: int
    external_ref: str | None
    status: int
    id: UUID | None = _given_only()
    replayed: bool | None = _given_only()
    warnings: list[ProblemField] | None = _given_only()
    problem: Problem | None = _given_only()


class BatchAnswer(BaseModel):
    """One entry per item, in the order in which they came."""

    items: list[BatchItem]

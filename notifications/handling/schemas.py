"""Bodies of what people do about an alert, and the report as it is shown."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from notifications.domain.report import Cause, Plan, RemedyState, Settled
from notifications.messages.alert_snapshot import ShownPerson
from services.shown import ShownCode, ShownDay, ShownNumber, ShownText, ShownTime
from services.web.fields import PUBLISHED_VISIBLE, VISIBLE, Code, Day, Reason, RequestBody, Version
from services.web.tables import IN_JSON_ALONE

_MOST: Final = 20
"""Causes, and remedies, in one report."""
Note: TypeAlias = Annotated[
    Reason, Field(description="What there is to say of it", examples=["We visit each household"])
]

Who: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=VISIBLE),
    Field(description="Who does it", examples=["Bưu điện Cẩm Thủy"], json_schema_extra={"pattern": PUBLISHED_VISIBLE}),
]


class AcknowledgementBody(RequestBody):
    """`version` is that of the alert as the caller has seen it."""

    version: Version
    note: Note | None = None


class CauseGiven(RequestBody):
    """Why the target lags."""

    code: Code = Field(description="Code of a cause of the catalogue", examples=["working_away"])
    note: Note | None = Field(None, description="What there is to say of it; `other` needs it", examples=["Until Tet"])


class RemedyGiven(RequestBody):
    """What is done about it, by whom, until when."""

    what: Reason = Field(description="What is done", examples=["Home visits in all villages"])
    who: Who
    due_on: Day = Field(description="The day by the end of which it is to be done", examples=["2025-11-15"])


class ReportBody(RequestBody):
    """The causes take the place of those of an earlier report; remedies are added to those of earlier ones."""

    version: Version
    causes: list[CauseGiven] = Field(description="Why the target lags", min_length=1, max_length=_MOST)
    remedies: list[RemedyGiven] = Field(
        description="What is done about it; may be empty where a remedy of an earlier report is still planned",
        max_length=_MOST,
    )

    def given(self) -> tuple[list[Cause], list[Plan]]:
        """Causes and remedies."""
        causes = [Cause(cause.code, cause.note) for cause in self.causes]
        return causes, [Plan(each.what, each.who, each.due_on) for each in self.remedies]


class RemedyBody(RequestBody):
    """What became of a remedy."""

    version: Version
    state: Settled = Field(
        description="`done`, `missed`: not done in time, or `dropped`: given up. What was missed may still be done",
        examples=["done"],
    )
    note: Note | None = None


class ResolutionBody(RequestBody):
    """`version` is that of the alert as the caller has seen it."""

    version: Version
    reason: Reason


class CauseReported(BaseModel):
    """Why the target lags."""

    model_config = ConfigDict(from_attributes=True)

    code: ShownCode = Field(description="Code of a cause of the catalogue", examples=["working_away"])
    note: ShownText | None = Field(description="What was said of it", examples=["Until Tet"])


class RemedyReported(BaseModel):
    """What is done about it. `n` counts from 1 over all reports of the alert."""

    model_config = ConfigDict(from_attributes=True)

    n: ShownNumber = Field(description="Its number", examples=[1])
    what: ShownText = Field(description="What is done", examples=["Home visits in all villages"])
    who: ShownText = Field(description="Who does it", examples=["Bưu điện Cẩm Thủy"])
    due_on: ShownDay = Field(description="The day by the end of which it is to be done", examples=["2025-11-15"])
    state: RemedyState = Field(description="What became of it", examples=["planned"])
    note: ShownText | None = Field(description="What was said of what became of it", examples=[None])
    settled_at: ShownTime | None = Field(
        description="When it became so, in UTC; null while it is planned", examples=[None]
    )


class ReportView(BaseModel):
    """The last report of an alert, with the remedies of all reports; empty before the first."""

    TABLE_ROWS: ClassVar[str] = "remedies"

    at: ShownTime | None = Field(description="When it was reported, in UTC; null before")
    by: ShownPerson | None = Field(description="Who reported; null before")
    causes: list[CauseReported] = Field(
        description="Why the target lags", json_schema_extra={"maxItems": _MOST, IN_JSON_ALONE: True}
    )
    remedies: list[RemedyReported] = Field(description="What is done about it", json_schema_extra={"maxItems": 100})


def report_view(found: Any) -> ReportView:
    """The report as it is shown."""
    return ReportView.model_validate(found, from_attributes=True)

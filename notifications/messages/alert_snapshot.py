"""An alert at one version: as it is shown over HTTP, stored with each delivery, and sent in webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notifications.domain.alert import Person, Resolution, Status
from services.contracts.pace import PaceFigures
from services.shown import (
    MeasureWord,
    SchemeWord,
    SeverityWord,
    ShownCode,
    ShownDay,
    ShownId,
    ShownName,
    ShownNumber,
    ShownOrganisation,
    ShownScope,
    ShownText,
    ShownTime,
    ShownUnit,
    ShownVersion,
    shown_list,
)


class ShownPerson(BaseModel):
    """Who acts on an alert; `subject` is that of the organisation where no person is known."""

    model_config = ConfigDict(from_attributes=True)

    subject: ShownCode = Field(description="Id of the person or client that acts", examples=["hoa.le"])
    name: ShownName | None = Field(description="What this person is called; null where that is not known")
    organisation_code: ShownOrganisation


class ShownReport(BaseModel):
    """What was reported of an alert, in short; `GET /v1/alerts/{id}/report` says all of it."""

    model_config = ConfigDict(from_attributes=True)

    causes: list[ShownCode] = shown_list("Codes of the causes", ["not_renewed", "working_away"], most=20)
    planned: ShownNumber = Field(description="How many remedies are planned", examples=[1])
    done: ShownNumber = Field(description="How many were done", examples=[1])
    missed: ShownNumber = Field(description="How many were not done in time", examples=[0])
    dropped: ShownNumber = Field(description="How many were given up", examples=[0])
    next_due_on: ShownDay | None = Field(
        description="The first day by the end of which a planned one is to be done; null where none is planned"
    )


class AlertSnapshot(BaseModel):
    """An alert. Names of who acts, and the reason for an end by hand, are the only personal data that it holds.

    What older versions stored must stay readable: a field that is added needs a default.
    """

    model_config = ConfigDict(from_attributes=True)

    id: ShownId
    status: Status = Field(description="What became of it", examples=["open"])
    severity: SeverityWord
    subject: ShownScope = Field(description="What the target is about")
    path: list[ShownUnit] = shown_list("The unit and those above it, the highest first", ["38", "15142"], most=100)
    unit_name: ShownName | None = Field(description="Name of the unit, where the target is about one")
    target_id: ShownId = Field(description="Id of the target")
    target_name: ShownName | None = Field(description="Name of the target, where it has one", examples=["Q4"])
    episode: ShownNumber = Field(description="Which lag of the target it is: 1 for the first", examples=[1])
    scheme: SchemeWord
    measure: MeasureWord
    starts_on: ShownDay = Field(description="First day of the target's period", examples=["2025-10-25"])
    ends_on: ShownDay = Field(description="Last day of the target's period", examples=["2025-12-31"])
    figures: PaceFigures = Field(description="What the verdict rests on")
    raised_at: ShownTime = Field(description="When it was raised, in UTC")
    acknowledged_at: ShownTime | None = Field(
        description="When it was acknowledged, in UTC; null before", examples=[None]
    )
    acknowledged_by: ShownPerson | None = Field(description="Who acts; null before", examples=[None])
    resolved_at: ShownTime | None = Field(description="When it was resolved, in UTC; null before", examples=[None])
    resolution: Resolution | None = Field(
        None,
        description="Whether its target caught up or was withdrawn, or somebody ended it; null before it is resolved",
        examples=[None],
    )
    version: ShownVersion
    owner: ShownOrganisation | None = Field(
        None, description="The organisation that it belongs to: that of its subject; null where that is a unit alone"
    )
    owner_name: ShownName | None = Field(
        None,
        description="What that organisation is called now, where that is known; null in messages",
        examples=["Bưu điện Cẩm Thủy"],
    )
    report_due_at: ShownTime | None = Field(
        None, description="By when a report is due, in UTC; null where the alert was raised before this was kept"
    )
    overdue_since: ShownTime | None = Field(
        None,
        description="Since when the report is overdue, in UTC, also where it came after that; null where it is not",
        examples=[None],
    )
    level: ShownNumber = Field(0, description="How often it was escalated since it was raised", examples=[0])
    acknowledged_until: ShownTime | None = Field(
        None, description="When the acknowledgement ends without a report, in UTC; null without one", examples=[None]
    )
    reported_at: ShownTime | None = Field(
        None,
        description="When it was reported last, in UTC; null before, and where it was raised again since",
        examples=[None],
    )
    reported_by: ShownPerson | None = Field(None, description="Who reported; null before", examples=[None])
    report: ShownReport | None = Field(
        None, description="What was reported last, also where the alert was raised again since", examples=[None]
    )
    resolved_by: ShownPerson | None = Field(None, description="Who ended it; null where nobody did", examples=[None])
    resolution_reason: ShownText | None = Field(
        None, description="Why somebody ended it; null where nobody did", examples=[None]
    )
    previous_id: ShownId | None = Field(
        None, description="Id of the alert of the time before that this target lagged", examples=[None]
    )
    silenced_by: list[ShownCode] = Field(
        [],
        description="Names of the silences by which nobody is notified of it now; the one that ends last is first",
        examples=[[]],
        json_schema_extra={"maxItems": 10_000},
    )
    inhibited_by: ShownId | None = Field(
        None, description="Id of the alert of a unit above by which nobody is notified of it now", examples=[None]
    )


class ReportedAlert(AlertSnapshot):
    """An alert right after a change, as it is stored with each delivery of that.

    `changed_at` and `correlation_id` are those of the event that caused it; the version before stored none.
    """

    changed_at: datetime | None = None
    correlation_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_stored(cls, value: Any) -> Any:
        """See `stored`."""
        if isinstance(value, dict) and isinstance(code := value.get("acknowledged_by"), str):
            return value | {"acknowledged_by": value.get("acknowledger") or Person(code, code)}
        return value

    def stored(self) -> dict[str, Any]:
        """As it is stored: the version before knows `acknowledged_by` as the code of an organisation."""
        values = self.model_dump(mode="json")
        if by := values["acknowledged_by"]:
            values |= {"acknowledged_by": by["organisation_code"], "acknowledger": by}
        return values

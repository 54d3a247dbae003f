"""An alert at one version: as it is shown over HTTP, stored with each delivery, and sent in webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notifications.domain.alert import Acknowledger, Resolution, Status
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
    ShownTime,
    ShownUnit,
    ShownVersion,
    shown_list,
)


class ShownAcknowledger(BaseModel):
    """Who acts on an alert; `subject` is that of the organisation where no person is known."""

    model_config = ConfigDict(from_attributes=True)

    subject: ShownCode = Field(description="Id of the person or client that acts", examples=["hoa.le"])
    name: ShownName | None = Field(description="What this person is called; null where that is not known")
    organisation_code: ShownOrganisation


class AlertSnapshot(BaseModel):
    """An alert. The name of who acts is the only personal data that it holds.

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
    episode: ShownNumber = Field(description="The how-manieth time that this target lags behind", examples=[1])
    scheme: SchemeWord
    measure: MeasureWord
    starts_on: ShownDay = Field(description="First day of the target's period", examples=["2025-10-25"])
    ends_on: ShownDay = Field(description="Last day of the target's period", examples=["2025-12-31"])
    figures: PaceFigures = Field(description="What the verdict rests on")
    raised_at: ShownTime = Field(description="When it was raised, in UTC")
    acknowledged_at: ShownTime | None = Field(
        description="When it was acknowledged, in UTC; null before", examples=[None]
    )
    acknowledged_by: ShownAcknowledger | None = Field(description="Who acts; null before", examples=[None])
    resolved_at: ShownTime | None = Field(description="When it was resolved, in UTC; null before", examples=[None])
    resolution: Resolution | None = Field(
        None,
        description="Whether its target caught up or was withdrawn; null before it is resolved",
        examples=[None],
    )
    version: ShownVersion
    owner: ShownOrganisation | None = Field(
        None, description="The organisation that it belongs to: that of its subject; null where that is a unit alone"
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
            return value | {"acknowledged_by": value.get("acknowledger") or Acknowledger(code, code)}
        return value

    def stored(self) -> dict[str, Any]:
        """As it is stored: the version before knows `acknowledged_by` as the code of an organisation."""
        values = self.model_dump(mode="json")
        if by := values["acknowledged_by"]:
            values |= {"acknowledged_by": by["organisation_code"], "acknowledger": by}
        return values

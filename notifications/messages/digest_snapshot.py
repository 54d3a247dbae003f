"""What a digest says: as it is shown over HTTP, stored with its delivery, and sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field

from notifications.domain.digest import Every
from notifications.messages.alert_snapshot import AlertSnapshot
from services.contracts.pace import PaceFigures
from services.shown import (
    MeasureWord,
    SchemeWord,
    SeverityWord,
    ShownCode,
    ShownCollector,
    ShownCount,
    ShownDay,
    ShownId,
    ShownName,
    ShownNumber,
    ShownOrganisation,
    ShownText,
    ShownTime,
    ShownUnit,
)

MOST_UNITS: Final = 20
MOST_TASKS: Final = 10
MOST_CAUSES: Final = 10
MOST_CHARTS: Final = 4
_MOST_FIGURES: Final = 1000

TaskKind: TypeAlias = Literal["acknowledgement", "report", "remedy"]


class DigestChanges(BaseModel):
    """What came about in its time: how often. What was recorded later is not in it."""

    raised: ShownCount = Field(0, description="Alerts that were raised, or raised again", examples=[12])
    worsened: ShownCount = Field(0, description="Alerts that got graver", examples=[2])
    acknowledged: ShownCount = Field(0, description="Acknowledgements", examples=[9])
    timed_out: ShownCount = Field(0, description="Acknowledgements that ended without a report", examples=[1])
    reported: ShownCount = Field(0, description="Reports", examples=[7])
    report_overdue: ShownCount = Field(0, description="Reports that had not come when they were due", examples=[1])
    remedy_done: ShownCount = Field(0, description="Remedies that were done", examples=[5])
    remedy_missed: ShownCount = Field(0, description="Remedies that were not done in time", examples=[1])
    escalated: ShownCount = Field(0, description="Steps of escalation that were taken", examples=[3])
    caught_up: ShownCount = Field(0, description="Alerts that ended since their target caught up", examples=[6])
    withdrawn: ShownCount = Field(0, description="Alerts that ended since their target was withdrawn", examples=[0])
    ended: ShownCount = Field(0, description="Alerts that somebody ended", examples=[0])


class OpenAlerts(BaseModel):
    """The alerts that are not resolved, and what is overdue of them."""

    critical: ShownCount = Field(0, description="How many are critical", examples=[3])
    warning: ShownCount = Field(0, description="How many are warnings", examples=[9])
    unacknowledged: ShownCount = Field(0, description="How many nobody acts on", examples=[4])
    acknowledged: ShownCount = Field(0, description="How many somebody acts on who has not reported", examples=[3])
    reported: ShownCount = Field(0, description="How many were reported", examples=[5])
    silenced: ShownCount = Field(0, description="Of how many nobody is notified, by a silence", examples=[0])
    late_acknowledgements: ShownCount = Field(
        0, description="How many nobody has acted on for more than a day", examples=[1]
    )
    late_reports: ShownCount = Field(0, description="How many reports should be there and are not", examples=[2])
    late_remedies: ShownCount = Field(0, description="How many remedies were missed, and not done since", examples=[1])
    reports_due: ShownCount = Field(0, description="How many reports are due until the next digest", examples=[2])
    remedies_due: ShownCount = Field(0, description="How many remedies are to be done until then", examples=[4])

    @property
    def number(self) -> int:
        """How many there are."""
        return self.critical + self.warning

    @property
    def overdue(self) -> int:
        """How much is overdue."""
        return self.late_acknowledgements + self.late_reports + self.late_remedies

    @property
    def due(self) -> int:
        """How much is due until the next digest."""
        return self.reports_due + self.remedies_due


class OpenAlertsOfUnit(OpenAlerts):
    """Those of a unit right below, and of the units below it."""

    unit_code: ShownUnit | None = Field(description="Code of the unit; null: of the whole itself, or of no unit")
    unit_name: ShownName | None = Field(description="Its name, where it is known")


class DigestTask(BaseModel):
    """Something that is overdue, or due until the next digest."""

    kind: TaskKind = Field(description="What is to be done", examples=["report"])
    alert_id: ShownId = Field(description="Id of the alert")
    severity: SeverityWord
    scheme: SchemeWord
    measure: MeasureWord
    unit_code: ShownUnit | None = Field(description="Code of the unit that it is about, where it is about one")
    unit_name: ShownName | None = Field(description="Its name")
    organisation_code: ShownOrganisation | None = Field(description="Whom it belongs to, where that is an organisation")
    collector_code: ShownCollector | None = Field(description="The collector that it is about")
    is_silenced: bool = Field(description="Nobody is notified of it now", examples=[False])
    due_at: ShownTime | None = Field(description="When a report is due, or since when nobody acts, in UTC")
    due_on: ShownDay | None = Field(None, description="By the end of which day a remedy is to be done")
    n: ShownNumber | None = Field(None, description="Number of the remedy")
    what: ShownText | None = Field(None, description="The remedy", examples=["Home visits in all villages"])
    who: ShownText | None = Field(None, description="Who does it", examples=["Bưu điện Cẩm Thủy"])

    @classmethod
    def of(cls, kind: TaskKind, alert: AlertSnapshot, due_at: datetime | None, **remedy: Any) -> DigestTask:
        """Of an alert with what hushes it."""
        subject = alert.subject
        return cls(
            kind=kind,
            alert_id=alert.id,
            **{name: getattr(alert, name) for name in ("severity", "scheme", "measure", "unit_name")},
            unit_code=subject.unit_code,
            organisation_code=subject.organisation_code or alert.owner,
            collector_code=subject.collector_code,
            is_silenced=bool(alert.silenced_by or alert.inhibited_by),
            due_at=due_at,
            **remedy,
        )


class DigestCause(BaseModel):
    """How often a cause was reported of alerts that are not resolved."""

    code: ShownCode = Field(description="Code of a cause of the catalogue", examples=["working_away"])
    name_vi: ShownText = Field(description="Its name in Vietnamese", examples=["Người dân đi làm ăn xa"])
    name_en: ShownText = Field(description="Its name in English", examples=["People work away from home"])
    alerts: ShownCount = Field(description="How many alerts have it in their last report", examples=[17])


class GraveAlert(BaseModel):
    """One of the gravest alerts, with what its target had reached at each change before."""

    alert: AlertSnapshot = Field(description="The alert as it stands")
    course: list[PaceFigures] = Field(
        description="Figures at its changes before, the oldest first", json_schema_extra={"maxItems": _MOST_FIGURES}
    )


class DigestSnapshot(BaseModel):
    """What a digest says. What is stored must stay readable: a field that is added needs a default."""

    name: ShownCode = Field(description="Name of the digest", examples=["thanh-hoa"])
    under: ShownUnit | None = Field(
        description="It tells of this unit and of those below it; null: of all", examples=["38"]
    )
    unit_name: ShownName | None = Field(description="Name of that unit, where it is known", examples=["Thanh Hóa"])
    every: Every = Field(description="How often it comes", examples=["week"])
    since: ShownTime = Field(description="It tells what came about from then on, in UTC")
    until: ShownTime = Field(description="When it was made, in UTC")
    next_at: ShownTime = Field(description="When the next one comes, in UTC")
    changes: DigestChanges = Field(description="What came about since then")
    open: OpenAlerts = Field(description="What is not resolved now")
    units: list[OpenAlertsOfUnit] = Field(
        description="The same of units right below, those with most critical alerts first",
        json_schema_extra={"maxItems": MOST_UNITS},
    )
    more_units: ShownCount = Field(description="How many units more have open alerts", examples=[0])
    overdue: list[DigestTask] = Field(
        description="What is overdue, the oldest first of each kind", json_schema_extra={"maxItems": 3 * MOST_TASKS}
    )
    due: list[DigestTask] = Field(
        description="What is due until the next digest, the next first of each kind",
        json_schema_extra={"maxItems": 2 * MOST_TASKS},
    )
    causes: list[DigestCause] = Field(
        description="Why targets lag, the most frequent first", json_schema_extra={"maxItems": MOST_CAUSES}
    )
    gravest: list[GraveAlert] = Field(
        description="The gravest alerts; a mail shows the way of each as a picture",
        json_schema_extra={"maxItems": MOST_CHARTS},
    )

    def stored(self) -> dict[str, Any]:
        """As it is stored: without what people wrote, which is read when it is sent."""
        texts: Any = {"__all__": {"what", "who"}}
        return self.model_dump(mode="json", exclude={"overdue": texts, "due": texts})

    @property
    def is_empty(self) -> bool:
        """Nothing is open, and nothing has changed."""
        return not self.open.number and not any(self.changes.model_dump().values())

"""Alerts. An event of one type has one shape, whether it comes from the broker or by webhook."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import WHOLE, Code, Event, Facts, Name, fact
from services.contracts.pace import PaceFigures
from services.contracts.sources import NOTIFICATIONS_SOURCE
from services.vocabulary import Measure, Scheme, Scope, Severity

MOST_ALERTS: Final = 500
"""In one message to a route, be it a mail or a webhook; the others of its group follow in further ones."""


class AcknowledgedBy(Facts):
    """Who acts: the id of a person or client, and the organisation. A name would be personal data."""

    subject: str = fact("Id of the person or client that acts, within the organisation", "CT", maxLength=200)
    organisation_code: Code = fact("Code of the organisation that acts", "BHXH-38")


class ReportFacts(Facts):
    """What was reported of an alert, in short. What people wrote would be personal data."""

    causes: tuple[Code, ...] = fact("Codes of the causes", ["not_renewed", "working_away"], maxItems=20)
    planned: int = fact("How many remedies are planned", 1, **WHOLE)
    done: int = fact("How many were done", 0, **WHOLE)
    missed: int = fact("How many were not done in time", 0, **WHOLE)
    dropped: int = fact("How many were given up", 0, **WHOLE)
    next_due_on: date | None = fact(
        "The first day by the end of which a planned one is to be done", "2025-10-31", optional=True
    )


class AlertFacts(Facts):
    """An alert right after a change. `version` grows with each change of its state; `at` is when that came about.

    `path` is the unit and those above it, top first. `resolution`: its target caught up, or was withdrawn, or somebody
    ended it. `report` is the last one, also where the alert was raised again since.
    """

    alert_id: UUID = fact("Id of the alert", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    target_id: UUID = fact("Id of the target", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    version: int = fact("Grows with each change of the alert", 1, **WHOLE)
    status: Literal["open", "acknowledged", "reported", "resolved"] = fact("What became of it", "open")
    severity: Severity = fact("How far the target lags behind", "critical")
    subject: Scope = Field(description="What the target is about")
    at: datetime = fact("When the change came about, in UTC", "2025-10-25T02:30:00Z")
    path: tuple[Code, ...] | None = fact(
        "The unit and those above it, the highest first", ["38", "15142"], optional=True, maxItems=100
    )
    unit_name: Name | None = fact("Name of the unit, where the target is about one", "Xã Cẩm Thạch", optional=True)
    target_name: Name | None = fact("Name of the target, where it has one", "Q4", optional=True)
    episode: int | None = fact("Which lag of the target it is: 1 for the first", 1, optional=True, **WHOLE)
    scheme: Scheme | None = fact(
        "Household health insurance or voluntary social insurance", "household_health", optional=True
    )
    measure: Measure | None = fact("What is measured", "coverage", optional=True)
    starts_on: date | None = fact("First day of the target's period", "2025-10-01", optional=True)
    ends_on: date | None = fact("Last day of the target's period", "2025-12-31", optional=True)
    figures: PaceFigures | None = Field(
        None, description="What the verdict rests on", exclude_if=lambda figures: figures is None
    )
    raised_at: datetime | None = fact("When it was raised, in UTC", "2025-10-25T02:30:00Z", optional=True)
    acknowledged_at: datetime | None = fact("When it was acknowledged, in UTC", "2025-10-25T03:00:00Z", optional=True)
    acknowledged_by: AcknowledgedBy | None = Field(None, description="Who acts", exclude_if=lambda by: by is None)
    resolved_at: datetime | None = fact("When it was resolved, in UTC", "2025-10-27T01:00:00Z", optional=True)
    resolution: Literal["caught_up", "withdrawn", "by_hand"] | None = fact(
        "Whether its target caught up or was withdrawn, or somebody ended it", "caught_up", optional=True
    )
    report_due_at: datetime | None = fact("By when a report is due, in UTC", "2025-10-29T17:00:00Z", optional=True)
    overdue_since: datetime | None = fact(
        "Since when the report is overdue, in UTC", "2025-10-29T17:00:00Z", optional=True
    )
    level: int = Field(
        0,
        description="How often it was escalated since it was raised; left out where it was not",
        examples=[1],
        json_schema_extra=dict(WHOLE),
        exclude_if=lambda level: not level,
    )
    acknowledged_until: datetime | None = fact(
        "When the acknowledgement ends without a report, in UTC", "2025-10-27T03:00:00Z", optional=True
    )
    reported_at: datetime | None = fact("When it was reported last, in UTC", "2025-10-27T01:00:00Z", optional=True)
    reported_by: AcknowledgedBy | None = Field(None, description="Who reported", exclude_if=lambda by: by is None)
    report: ReportFacts | None = Field(
        None, description="What was reported last", exclude_if=lambda report: report is None
    )
    resolved_by: AcknowledgedBy | None = Field(None, description="Who ended it", exclude_if=lambda by: by is None)
    previous_id: UUID | None = fact(
        "Id of the alert of the time before that this target lagged",
        "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e02",
        optional=True,
    )


class AlertRaised(Event):
    """Somebody has to act: the alert is new, or open again."""

    type: Literal["drive.alert.raised.v1"] = "drive.alert.raised.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertWorsened(Event):
    """The severity of an alert has risen."""

    type: Literal["drive.alert.worsened.v1"] = "drive.alert.worsened.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertAcknowledged(Event):
    """Somebody has taken the alert on."""

    type: Literal["drive.alert.acknowledged.v1"] = "drive.alert.acknowledged.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertReported(Event):
    """The causes of a lag were reported, with remedies; or one of these was done, missed or dropped."""

    type: Literal["drive.alert.reported.v1"] = "drive.alert.reported.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertEscalated(Event):
    """It is one level higher: nobody acknowledged or reported it in time, or a remedy was missed."""

    type: Literal["drive.alert.escalated.v1"] = "drive.alert.escalated.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertResolved(Event):
    """The reason for the alert is gone, or somebody ended it."""

    type: Literal["drive.alert.resolved.v1"] = "drive.alert.resolved.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


class AlertReminded(Event):
    """Nobody has resolved the alert, and nothing of it has changed: a reminder. It goes to webhooks, never to the
    broker."""

    is_published: ClassVar[bool] = False
    type: Literal["drive.alert.reminded.v1"] = "drive.alert.reminded.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


AlertEvent: TypeAlias = AlertRaised | AlertWorsened | AlertAcknowledged | AlertReported | AlertEscalated | AlertResolved

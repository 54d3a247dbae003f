"""Alerts. An event of one type has one shape, whether it comes from the broker or by webhook."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import Code, Event, Facts, Name
from services.contracts.pace import PaceFigures
from services.contracts.sources import NOTIFICATIONS_SOURCE
from services.vocabulary import Measure, Scheme, Scope, Severity


def _where_known() -> Any:
    """Left out while it is null, so that events of before are written as they were."""
    return Field(None, exclude_if=lambda value: value is None)


class AcknowledgedBy(Facts):
    """Who acts: the id of a person or client, and the organisation. A name would be personal data."""

    subject: str
    organisation_code: Code


class AlertFacts(Facts):
    """An alert right after a change. `version` grows with each change of its state; `at` is when that came about.

    `path` is the unit and those above it, top first. `resolution`: its target caught up, or was withdrawn.
    """

    alert_id: UUID
    target_id: UUID
    version: int
    status: Literal["open", "acknowledged", "reported", "resolved"]
    severity: Severity
    subject: Scope
    at: datetime
    path: tuple[Code, ...] | None = _where_known()
    unit_name: Name | None = _where_known()
    target_name: Name | None = _where_known()
    episode: int | None = _where_known()
    scheme: Scheme | None = _where_known()
    measure: Measure | None = _where_known()
    starts_on: date | None = _where_known()
    ends_on: date | None = _where_known()
    figures: PaceFigures | None = _where_known()
    raised_at: datetime | None = _where_known()
    acknowledged_at: datetime | None = _where_known()
    acknowledged_by: AcknowledgedBy | None = _where_known()
    resolved_at: datetime | None = _where_known()
    resolution: Literal["caught_up", "withdrawn"] | None = _where_known()


class AlertRaised(Event):
    """Somebody has to act."""

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


class AlertResolved(Event):
    """The reason for the alert is gone."""

    type: Literal["drive.alert.resolved.v1"] = "drive.alert.resolved.v1"
    source: str = NOTIFICATIONS_SOURCE
    data: AlertFacts


AlertEvent: TypeAlias = AlertRaised | AlertWorsened | AlertAcknowledged | AlertResolved

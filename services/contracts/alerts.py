"""Alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.envelope import Event, Facts
from services.contracts.sources import NOTIFICATIONS_SOURCE
from services.vocabulary import Scope, Severity


class AlertFacts(Facts):
    """An alert after a transition. `version` grows with each change of its state."""

    alert_id: UUID
    target_id: UUID
    version: int
    status: Literal["open", "acknowledged", "reported", "resolved"]
    severity: Severity
    subject: Scope
    at: datetime


class AlertRaised(Event):
    """Somebody has to act."""

    type: Literal["drive.alert.raised.v1"] = "drive.alert.raised.v1"
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

"""What routes go by of an alert."""

from __future__ import annotations

from collections.abc import Set

from notifications.domain.recipients import Concern
from notifications.messages.alert_snapshot import AlertSnapshot


def concern_of(alert: AlertSnapshot, organisations: Set[str]) -> Concern:
    """What routes go by of an alert that belongs to these organisations."""
    return Concern(alert.path, alert.severity, alert.scheme, organisations, alert.subject.collector_code, alert.level)

"""What notifications measures of alerts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Gauge

from notifications.alerts.queries import AlertCount
from notifications.domain.alert import Status
from services.vocabulary import Severity

UNRESOLVED: Final = tuple(status for status in get_args(Status) if status != "resolved")


class AlertMetrics:
    """The alerts that are not resolved."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alerts = Gauge("drive_alerts", "Alerts that are not resolved", ["status", "severity"], registry=registry)

    def show(self, counts: Iterable[AlertCount]) -> None:
        """Set the gauge of each status and severity."""
        found = {(each.status, each.severity): each.n for each in counts}
        for status, severity in product(UNRESOLVED, get_args(Severity)):
            self._alerts.labels(status, severity).set(found.get((status, severity), 0))

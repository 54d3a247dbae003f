"""A change of an alert, as it is passed from alerts to deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notifications.domain.alert import ChangeKind
from notifications.domain.recipients import Told
from notifications.messages.alert_snapshot import AlertSnapshot, ReportedAlert


@dataclass(frozen=True, slots=True)
class AlertChange:
    """A change that is published, with the alert right after it. `notify`: routes are notified of it, too.

    `at` and `correlation_id` are those of the event that caused it. `unreported`: the alert ended with a severity of
    which no route was notified before, so that all routes it concerns are notified of the end. `routes` are those that
    the step of an escalation names.
    """

    alert: AlertSnapshot
    kind: ChangeKind
    reason: str
    at: datetime
    correlation_id: str
    unreported: bool = False
    notify: bool = True
    routes: tuple[str, ...] = ()
    to: Told = "all"

    def reported(self) -> ReportedAlert:
        """The alert as it is stored with the deliveries of the change."""
        shown = self.alert.model_dump()
        return ReportedAlert(**shown, changed_at=self.at, correlation_id=self.correlation_id)

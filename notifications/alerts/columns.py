"""An alert as statements read it that look at thousands: what routes, groups and silences go by, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from notifications.alerts.mutes import Candidate
from notifications.domain.alert import Status
from notifications.domain.grouping import group_of
from notifications.domain.recipients import Concern
from services.vocabulary import Measure, Scheme, Scope, Severity, UnitLevel

COLUMNS: Final = """
    a.id, a.status, a.path, a.severity, a.scheme, a.measure, a.subject, a.owner, a.level,
    ARRAY(SELECT o.organisation_code FROM alert_owners o WHERE o.alert_id = a.id) AS organisations
"""
"""Of `alerts a`, in SQL."""
STORED: Final = """
    to_jsonb(a) || jsonb_build_object(
        'changed_at', greatest(a.raised_at, a.acknowledged_at, a.reported_at),
        'correlation_id', CAST(:correlation_id AS text),
        'acknowledger', CASE WHEN a.acknowledged_by IS NOT NULL THEN jsonb_build_object(
            'subject', coalesce(a.acknowledged_subject, a.acknowledged_by), 'name', a.acknowledged_name,
            'organisation_code', a.acknowledged_by
        ) END
    )
"""
"""Of `alerts a`, in SQL: as ReportedAlert reads it."""


@dataclass(frozen=True, slots=True)
class AlertColumns:
    """A row of COLUMNS."""

    id: UUID
    status: Status
    path: Sequence[str]
    severity: Severity
    scheme: Scheme
    measure: Measure
    subject: Mapping[str, Any]
    owner: str | None
    level: int
    organisations: Sequence[str]

    @property
    def concern(self) -> Concern:
        """What routes go by."""
        collector_code = self.subject.get("collector_code")
        return Concern(self.path, self.severity, self.scheme, self.organisations, collector_code, self.level)

    @property
    def candidate(self) -> Candidate:
        """What silences and inhibitions go by."""
        return Candidate(self.id, self.concern, self.measure, Scope(**self.subject))

    def group(self, levels: Mapping[str, UnitLevel]) -> str:
        """What it is reported together with."""
        return group_of(self.path, levels, Scope(**self.subject), self.owner)

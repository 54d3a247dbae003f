"""What is measured of the audit trail."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class AuditMetrics:
    """How long the trail is, and whether it is what was written. It never gets shorter."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.entries = Gauge("drive_audit_entries", "Number of the newest entry of the audit trail", registry=registry)
        self.broken = Gauge(
            "drive_audit_broken", "1 once entries of the audit trail were altered or are missing", registry=registry
        )

"""What is measured of the sweep."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge


class SweepMetrics:
    """When a sweep last came to its end, how many targets sweeps have reviewed, and of how many the review fails."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ended = Gauge(
            "drive_sweep_ended_timestamp_seconds",
            "When a sweep of this process last came to its end; before the first, when the process began",
            registry=registry,
        )
        self.reviewed = Counter("drive_sweep_reviewed", "Targets that sweeps have reviewed", registry=registry)
        self.failing = Gauge(
            "drive_sweep_failing_targets", "Targets whose review failed in the last sweep", registry=registry
        )

    def note_ended(self, now: datetime) -> None:
        """Nothing is due any more, but for what fails."""
        self.ended.set(now.timestamp())

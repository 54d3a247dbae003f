"""What notifications measures of deliveries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import product
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from notifications.deliveries.queries import Waiting
from notifications.domain.delivery import OutcomeName, State
from notifications.routing.receivers.queries import FailingRoute

_AFTERWARDS: Final[tuple[State, ...]] = ("pending", "sent", "failed", "unconfirmed")
"""The states in which an attempt may leave a delivery."""


class DeliveryMetrics:
    """Attempts as they end, and what waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._channels: frozenset[str] = frozenset()
        self._attempts = Counter(
            "drive_delivery_attempts",
            "Attempts to deliver, by their outcome and the state that the delivery has since",
            ["channel", "outcome", "state"],
            registry=registry,
        )
        self._waiting = Gauge(
            "drive_deliveries_waiting", "Deliveries that are not sent yet", ["channel"], registry=registry
        )
        self._oldest = Gauge(
            "drive_oldest_delivery_seconds", "How long the oldest of them has waited", ["channel"], registry=registry
        )

        self._failing = Gauge(
            "drive_route_failing_seconds",
            "For how long the receiver of a route has taken nothing that was sent; routes that work are left out",
            ["route"],
            registry=registry,
        )

    def begin(self, channels: Iterable[str]) -> None:
        """Show these channels from 0 on: else the first failure of one is no increase."""
        self._channels = frozenset(channels)
        for labels in product(sorted(self._channels), get_args(OutcomeName), _AFTERWARDS):
            self._attempts.labels(*labels)

    def count_attempt(self, channel: str, outcome: OutcomeName, state: State) -> None:
        """One attempt has ended, and that is committed."""
        self._attempts.labels(channel, outcome, state).inc()

    def show_failing(self, routes: Iterable[FailingRoute], now: datetime) -> None:
        """Set the gauge of every route that fails, and of no other."""
        self._failing.clear()
        for each in routes:
            self._failing.labels(each.name).set(max(0.0, (now - each.failing_since).total_seconds()))

    def show(self, waiting: Iterable[Waiting], now: datetime) -> None:
        """Set the gauges of every channel."""
        found = {each.channel: each for each in waiting}
        for channel in sorted({*self._channels, *found}):
            each = found.get(channel)
            self._waiting.labels(channel).set(each.n if each else 0)
            self._oldest.labels(channel).set(max(0.0, (now - each.oldest).total_seconds()) if each else 0)

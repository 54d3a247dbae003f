"""What will happen, and who will be notified of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.domain.alert import ChangeKind
from notifications.domain.foresight import Foreseen
from notifications.tables.routing import RouteRow


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """A route that will be notified of the change, and when, by its hours; None where nobody knows when."""

    row: RouteRow
    change: ChangeKind
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Planned:
    """What will happen, and who will be notified of it."""

    foreseen: Foreseen
    routes: Sequence[PlannedRoute]


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    """A route that will be told again, and when first."""

    row: RouteRow
    at: datetime

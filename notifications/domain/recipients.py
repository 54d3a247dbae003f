"""Who is told of an alert, and of everybody else why they are not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class Route:
    """Somebody to tell. `under` is a code that the alert's unit is or lies under; None means everything."""

    name: str
    under: str | None
    min_severity: Severity
    disabled_because: str | None = None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A route that is not told."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """Every route is either told or passed over."""

    told: tuple[str, ...]
    excluded: tuple[Excluded, ...]


def recipients_of(routes: Sequence[Route], path: Collection[str], severity: Severity) -> Recipients:
    """Who hears of an alert of this severity. `path` holds the codes of its unit and of all those above it."""
    return _divide({route.name: why_not(route, path, severity) for route in routes})


def recipients_of_the_end(routes: Sequence[Route], notified_before: Collection[str]) -> Recipients:
    """Who hears that an alert is resolved: those who were told of it, however grave it was."""
    return _divide({route.name: _why_not_of_the_end(route, notified_before) for route in routes})


def why_not(route: Route, path: Collection[str], severity: Severity) -> str | None:
    """The reason why the route is not told, or None where it is."""
    if route.disabled_because:
        return f"disabled: {route.disabled_because}"
    if route.under is not None and route.under not in path:
        return f"not under {route.under}"
    if route.min_severity == "critical" and severity != "critical":
        return f"{severity} is less than critical"
    return None


def _why_not_of_the_end(route: Route, notified_before: Collection[str]) -> str | None:
    if route.disabled_because:
        return f"disabled: {route.disabled_because}"
    return None if route.name in notified_before else "was not told of the alert"


def _divide(reasons: dict[str, str | None]) -> Recipients:
    told = tuple(name for name, reason in reasons.items() if reason is None)
    return Recipients(told, tuple(Excluded(name, reason) for name, reason in reasons.items() if reason is not None))

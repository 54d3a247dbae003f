"""Which routes are notified of an alert, and for each other one the reason why it is not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.vocabulary import Severity


@dataclass(frozen=True, slots=True)
class Route:
    """A route to notify. `under` is the code of the alert's unit or of one above it; None means every alert."""

    name: str
    under: str | None
    min_severity: Severity
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A route that is not notified."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """Every route is either notified or excluded."""

    notified: tuple[str, ...]
    excluded: tuple[Excluded, ...]


def recipients_of(routes: Sequence[Route], path: Collection[str], severity: Severity) -> Recipients:
    """The routes for an alert of this severity. `path` holds the codes of its unit and of all those above it."""
    return _divide({route.name: reason_against(route, path, severity) for route in routes})


def recipients_of_a_follow_up(routes: Sequence[Route], notified_before: Collection[str]) -> Recipients:
    """The routes for an acknowledgement or the end of an alert: those that were notified of it, whatever its
    severity."""
    return _divide({route.name: _reason_against_a_follow_up(route, notified_before) for route in routes})


def reason_against(route: Route, path: Collection[str], severity: Severity) -> str | None:
    """The reason why the route is not notified, or None where it is."""
    if route.disabled_reason:
        return f"disabled: {route.disabled_reason}"
    if route.under is not None and route.under not in path:
        return f"not under {route.under}"
    if route.min_severity == "critical" and severity != "critical":
        return f"{severity} is less than critical"
    return None


def _reason_against_a_follow_up(route: Route, notified_before: Collection[str]) -> str | None:
    if route.disabled_reason:
        return f"disabled: {route.disabled_reason}"
    return None if route.name in notified_before else "was not notified of the alert"


def _divide(reasons: dict[str, str | None]) -> Recipients:
    notified = tuple(name for name, reason in reasons.items() if reason is None)
    return Recipients(notified, tuple(Excluded(name, reason) for name, reason in reasons.items() if reason is not None))

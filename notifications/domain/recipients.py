"""Which routes are notified of an alert, and for each other one the reason why it is not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from notifications.domain.alert import ChangeKind, Status
from services.vocabulary import Scheme, Severity


@dataclass(frozen=True, slots=True)
class Concern:
    """What routes go by. `path` holds the codes of the alert's unit and of all those above it, `organisations` that of
    the organisation that it belongs to and of all those above; `level` is how far it has been escalated."""

    path: Collection[str]
    severity: Severity
    scheme: Scheme
    organisations: Collection[str] = ()
    collector_code: str | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """A route to notify of alerts for which all of its conditions hold; None leaves a condition open.

    `under` is the code of the alert's unit or of one above it, `organisation_code` that of its organisation or of one
    above; codes of organisations and collectors are the same in whatever case."""

    name: str
    under: str | None
    min_severity: Severity
    disabled_reason: str | None = None
    organisation_code: str | None = None
    collector_code: str | None = None
    scheme: Scheme | None = None
    min_level: int = 0


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

    def narrowed(self, told: Collection[str], *, within: bool) -> Recipients:
        """Those that were notified of the alert before, or the others."""
        reason = "was not notified of the alert" if within else "was notified of the alert"
        others = tuple(Excluded(name, reason) for name in self.notified if (name in told) != within)
        return Recipients(tuple(name for name in self.notified if (name in told) == within), self.excluded + others)


Told: TypeAlias = Literal["all", "untold", "told"]
"""Which routes are notified of a change: all that it concerns; those that the alert concerns and that were not notified
of it before; of those that the change concerns, the ones that were."""

FOLLOW_UPS: Final[frozenset[ChangeKind]] = frozenset({"acknowledged", "reported", "remedy_missed", "resolved"})
"""Changes of which those are notified who were notified of the alert."""
TAKING_BACK: Final[frozenset[ChangeKind]] = frozenset({"raised", "timed_out"})
"""Changes that take back the end of an alert, where it was raised before, or its acknowledgement: those are notified
whom it concerns, and those who were notified of the alert."""


def recipients_of_change(
    kind: ChangeKind,
    routes: Sequence[Route],
    alert: Concern,
    *,
    notified_before: Collection[str],
    named: Collection[str] = (),
    unreported: bool = False,
    to: Told = "all",
) -> Recipients:
    """The routes for a change of an alert, which is as it is after it. `named`: by the step of an escalation.
    `unreported`: those that it concerns are notified also of what would be a follow-up."""
    if to == "untold":
        return recipients_of(routes, alert).narrowed(notified_before, within=False)
    found = _recipients_of_change(kind, routes, alert, notified_before, named, unreported=unreported)
    return found.narrowed(notified_before, within=True) if to == "told" else found


def _recipients_of_change(
    kind: ChangeKind,
    routes: Sequence[Route],
    alert: Concern,
    notified_before: Collection[str],
    named: Collection[str],
    *,
    unreported: bool,
) -> Recipients:
    if kind == "escalated":
        return recipients_of_an_escalation(routes, alert, named)
    if kind in TAKING_BACK:
        return _divide({route.name: _reason_against_taking_back(route, alert, notified_before) for route in routes})
    concerned = recipients_of(routes, alert)
    if kind not in FOLLOW_UPS:
        return concerned
    return recipients_of_a_follow_up(routes, {*notified_before, *(concerned.notified if unreported else ())})


def recipients_of(routes: Sequence[Route], alert: Concern) -> Recipients:
    """The routes for an alert."""
    return _divide({route.name: reason_against(route, alert) for route in routes})


def recipients_of_a_follow_up(routes: Sequence[Route], notified_before: Collection[str]) -> Recipients:
    """The routes for what is done about an alert, or its end: those that were notified of it, whatever its
    severity."""
    return _divide({route.name: _reason_against_a_follow_up(route, notified_before) for route in routes})


def recipients_of_an_escalation(routes: Sequence[Route], alert: Concern, named: Collection[str]) -> Recipients:
    """The routes for an alert that is one level higher: those that the step names, whatever their conditions are, and
    those that are for alerts of this level or above, where the alert is one of theirs by this step."""
    return _divide({route.name: _reason_against_a_step(route, alert, named) for route in routes})


def reason_against(route: Route, alert: Concern) -> str | None:
    """The reason why the route is not notified, or None where it is."""
    if route.disabled_reason:
        return f"disabled: {route.disabled_reason}"
    return _elsewhere(route, alert) or _too_light(route, alert)


def reason_for(route: Route) -> str:
    """The conditions of the route in words: why it is notified of an alert for which they hold."""
    named = (
        ("under {}", route.under),
        ("of the organisation {} or one below it", route.organisation_code),
        ("of the collector {}", route.collector_code),
        ("of the scheme {}", route.scheme),
    )
    where = [words.format(code) for words, code in named if code is not None] or ["every alert"]
    level = [f"escalated to level {route.min_level} or above"] if route.min_level else []
    return "; ".join([*where, f"{route.min_severity} or graver", *level])


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether a route is notified of an alert as it stands, and the reason in words."""

    is_notified: bool
    reason: str


def explain(route: Route, alert: Concern, status: Status) -> Explained:
    """Why the route is notified of the alert, or is not."""
    if status == "resolved":
        return Explained(False, "the alert is resolved: those that were notified of it were told of its end")
    against = reason_against(route, alert)
    return Explained(True, reason_for(route)) if against is None else Explained(False, against)


def news_of(status: Status) -> ChangeKind:
    """What a route is told of an unresolved alert that it was not told of when it was raised."""
    return "raised" if status == "open" else "reported" if status == "reported" else "acknowledged"


def _elsewhere(route: Route, alert: Concern) -> str | None:
    if route.under is not None and route.under not in alert.path:
        return f"not under {route.under}"
    if route.organisation_code is not None and not _names(route.organisation_code, alert.organisations):
        return f"not of the organisation {route.organisation_code} or one below it"
    if route.collector_code is not None and not _names(route.collector_code, [alert.collector_code or ""]):
        return f"not of the collector {route.collector_code}"
    if route.scheme is not None and route.scheme != alert.scheme:
        return f"not of the scheme {route.scheme}"
    return None


def _too_light(route: Route, alert: Concern) -> str | None:
    if route.min_severity == "critical" and alert.severity != "critical":
        return f"{alert.severity} is less than critical"
    if alert.level < route.min_level:
        return f"level {alert.level} is less than {route.min_level}"
    return None


def _names(code: str, among: Collection[str]) -> bool:
    return code.upper() in {each.upper() for each in among}


def _reason_against_a_step(route: Route, alert: Concern, named: Collection[str]) -> str | None:
    if route.name in named:
        return f"disabled: {route.disabled_reason}" if route.disabled_reason else None
    if route.min_level != alert.level:
        return f"not named by the step to level {alert.level}"
    return reason_against(route, alert)


def _reason_against_a_follow_up(route: Route, notified_before: Collection[str]) -> str | None:
    if route.disabled_reason:
        return f"disabled: {route.disabled_reason}"
    return None if route.name in notified_before else "was not notified of the alert"


def _reason_against_taking_back(route: Route, alert: Concern, notified_before: Collection[str]) -> str | None:
    return _reason_against_a_follow_up(route, notified_before) and reason_against(route, alert)


def _divide(reasons: dict[str, str | None]) -> Recipients:
    notified = tuple(name for name, reason in reasons.items() if reason is None)
    return Recipients(notified, tuple(Excluded(name, reason) for name, reason in reasons.items() if reason is not None))

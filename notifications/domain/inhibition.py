"""Inhibition: while a unit lags, nobody is notified of the same lag of the units below it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from notifications.domain.alert import RANK
from services.errors import NotFound
from services.vocabulary import Measure, Scheme, Severity


class NoSuchInhibition(NotFound):
    """There is no inhibition of this name."""

    code = "no-such-inhibition"
    title = "There is no such inhibition"
    remedy = "Check the name: `GET /v1/inhibitions` lists them."


@dataclass(frozen=True, slots=True)
class Lag:
    """An unresolved alert of a target of a unit alone. `path` ends with the unit, the highest above it is first."""

    id: UUID
    path: Sequence[str]
    scheme: Scheme
    measure: Measure
    severity: Severity


def inhibitor_of(lag: Lag, others: Iterable[Lag], policies: Collection[str]) -> UUID | None:
    """The lag of the nearest unit above that hushes this one: of the same scheme and measure, at least as grave, and of
    a unit at or below one of the policies' units. None where there is none."""
    above = {code: place for place, code in enumerate(lag.path[:-1])}
    hushing = [
        other
        for other in others
        if other.path
        and other.path[-1] in above
        and (other.scheme, other.measure) == (lag.scheme, lag.measure)
        and RANK[other.severity] >= RANK[lag.severity]
        and not set(policies).isdisjoint(other.path)
    ]
    nearest = max(hushing, key=lambda other: (above[other.path[-1]], other.id), default=None)
    return nearest.id if nearest else None

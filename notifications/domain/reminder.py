"""When a route is told again of an alert that nobody has resolved. Pure.

A reminder is for whoever should act, so none goes out while somebody does. A receiver that keeps what it is told in
memory alone is another case: it is told again of everything that is unresolved, whoever acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

from notifications.domain.alert import Status
from services.errors import Invalid

SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=60)
NEVER: Final = "never"
"""What a route says that is not told again."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often routes are told again that say nothing of their own: `usual`, None for never; by the name of their
    channel, those whose receivers keep what they are told in memory alone."""

    usual: timedelta | None
    of_state: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reminder goes by of an alert: `planned` and `missed` remedies are those of its reports."""

    status: Status
    planned: int = 0
    missed: int = 0

    @property
    def waits_for_somebody(self) -> bool:
        """Nobody acts on it: it is open, or was reported, and a remedy was missed or none is planned any more."""
        if self.status == "reported":
            return self.missed > 0 or self.planned == 0
        return self.status == "open"


@dataclass(frozen=True, slots=True)
class Told:
    """A route that knows of an alert: when it was told last, and how often it is to be told. `keeps_state`: its
    receiver forgets what is not repeated."""

    told_at: datetime
    interval: timedelta
    alert: Standing
    keeps_state: bool = False

    def later(self, by: timedelta) -> Told:
        """The same with a time that is told so much later."""
        return replace(self, told_at=self.told_at + by)

    @property
    def again_at(self) -> datetime | None:
        """When it is told again; None while somebody acts."""
        return self.told_at + self.interval if self.keeps_state or self.alert.waits_for_somebody else None

    def due_at(self, now: datetime) -> datetime:
        """The same; while somebody acts, when to look whether that is still so."""
        return self.again_at or max(now, self.told_at) + self.interval


def first_reminder(
    told: Sequence[Told], now: datetime, may_go_out: Callable[[datetime], datetime | None]
) -> datetime | None:
    """When a route is first told again that is told these things one after the other, each at its time, if nobody does
    anything: what is due before `now` is due now, and each waits until it `may_go_out`, None where nobody knows
    how long. None where that is never known."""
    for each, following in zip_longest(told, told[1:]):
        at = may_go_out(max(each.again_at, now)) if each.again_at else None
        if at is not None and (following is None or at < following.told_at):
            return at
    return None


def due_together(due: Sequence[datetime], told: Sequence[Told], now: datetime) -> list[bool]:
    """Which of a group are told now. Where one is due, those follow that would be within half of their interval, so
    that a group comes to one message in each interval, however its alerts arose."""
    if not any(each <= now for each in due):
        return [False] * len(due)
    return [at <= now + each.interval / 2 for at, each in zip(due, told, strict=True)]


def check_interval(interval: timedelta | None) -> None:
    """Raises Invalid where that of a route would be none, or a flood."""
    if interval is not None and not SHORTEST <= interval <= LONGEST:
        raise Invalid.field("/repeat", f"give from five minutes (PT5M) to {LONGEST.days} days (P60D), or `{NEVER}`")

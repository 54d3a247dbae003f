"""What is known of the receiver of a route: whether it takes messages, when it is tried next, and how many it may get.
Pure.

A receiver that was away several times in a row is left alone (a circuit breaker): what is queued for it waits, and one
message at a time is tried at growing intervals, until one is answered. A success of an attempt that had begun before
ends no wait: that is the first one then, and the shortest, and after it everything is sent. It is kept for each route,
not for each host: routes of one host have addresses and keys of their own, and a mail address of one domain says
nothing of another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from notifications.domain.delivery import RETRY_DELAYS, Outcome, Retry, Sent, detail_of, jittered

ReceiverState: TypeAlias = Literal["untried", "ok", "failing", "paused", "disabled"]

FAILURES_TO_PAUSE: Final = 5
"""After so many attempts in a row for which the receiver was away, it is tried by one message at a time."""
PROBE_DELAYS: Final = (
    timedelta(seconds=10),
    timedelta(seconds=20),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
)
"""For so long it is left alone after each of these; the last one again and again."""
MOST_PROBES: Final = 200
PATIENCE: Final = sum(RETRY_DELAYS, timedelta())
"""A message is given up, after an attempt of its own, where its receiver has been away for so long since it was queued,
and was found so by MOST_PROBES. Of many that wait, each is tried less often than by its own delays; without this they
would wait for months. Time alone is not enough: workers may have been stopped, or hours of the route over."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many messages a route may be sent: so many a minute, a tenth of them at once, at least one."""

    per_minute: int

    @property
    def per_second(self) -> float:
        """How fast the allowance grows."""
        return self.per_minute / 60

    @property
    def burst(self) -> float:
        """The most that the allowance grows to."""
        return max(1.0, self.per_minute / 10)


GENEROUS: Final = Rate(1200)


@dataclass(frozen=True, slots=True)
class Receiver:
    """What is known of it. `failures`: attempts in a row for which it was away; `probes`: how often it was left alone
    since; `failing_since`: the first failure of any kind since its last success."""

    failures: int = 0
    probes: int = 0
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None

    def after(self, outcome: Outcome, now: datetime) -> Receiver:
        """As it is after an attempt. What the sender is to blame for says nothing of the receiver."""
        if isinstance(outcome, Sent):
            return replace(self, failures=0, probes=0, failing_since=None, last_success_at=now)
        if isinstance(outcome, Retry) and outcome.fault == "sender":
            return self
        is_away = isinstance(outcome, Retry) and outcome.fault == "receiver"
        return replace(
            self,
            failures=self.failures + 1 if is_away else 0,
            probes=self.probes if is_away else 0,
            failing_since=self.failing_since or now,
            last_error=detail_of(outcome),
            last_error_at=now,
        )

    def left_alone(
        self, now: datetime, paused_until: datetime | None, chance: float
    ) -> tuple[Receiver, datetime | None]:
        """The receiver, and until when it is left alone after a failure; None where it is not, or is already: attempts
        that had begun before do not prolong the wait. `chance` is from 0 to 1."""
        if self.failures < FAILURES_TO_PAUSE or (paused_until and paused_until > now):
            return self, None
        delay = PROBE_DELAYS[min(self.probes, len(PROBE_DELAYS) - 1)]
        return replace(self, probes=self.probes + 1), now + jittered(delay, chance)

    def is_given_up(self, queued_at: datetime, now: datetime) -> bool:
        """Whether what was queued then has waited long enough for a receiver that is away."""
        if self.failing_since is None or self.probes < MOST_PROBES:
            return False
        return now - max(queued_at, self.failing_since) >= PATIENCE


UNKNOWN: Final = Receiver()


def state_of(
    receiver: Receiver, now: datetime, *, disabled_at: datetime | None, paused_until: datetime | None
) -> ReceiverState:
    """How the receiver is shown."""
    if disabled_at:
        return "disabled"
    if paused_until and paused_until > now:
        return "paused"
    if receiver.failing_since:
        return "failing"
    return "ok" if receiver.last_success_at else "untried"

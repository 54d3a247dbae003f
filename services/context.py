"""When, and because of what, a use-case runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.clock import Clock
from services.ids import new_id


@dataclass(frozen=True, slots=True)
class Context:
    """`today` is the business day; `correlation_id` goes into every event that the use-case emits."""

    today: date
    now: datetime
    correlation_id: str


def context_of(clock: Clock, correlation_id: str | None = None) -> Context:
    """This moment, for the request or event of that correlation id, or for nobody's."""
    return Context(clock.today(), clock.now(), correlation_id or str(new_id()))

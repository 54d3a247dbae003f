"""How far progress can be trusted to be of now. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SILENT_INTERVALS: Final = 2
"""A source confirms once in each interval; where two went by without, something stands still."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events that are not in the figures, as far as is known: at least how many, and since when the first of them."""

    events: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """`as_of` is the time of the newest event that was counted. `stale_since`: what happened later is not known.
    `unconfirmed_since` is the same by what the source has confirmed alone, whatever was counted since."""

    as_of: datetime | None
    waiting: Waiting | None
    stale_since: datetime | None
    unconfirmed_since: datetime | None

    def of_own(self) -> Freshness:
        """What may be told to whoever may know of their own alone: events of others have no part in it, neither their
        number nor their time."""
        return Freshness(None, None, self.unconfirmed_since, self.unconfirmed_since)


def stale_since(
    as_of: datetime | None, confirmed_at: datetime | None, now: datetime, interval: timedelta
) -> datetime | None:
    """Up to when the figures are known to be complete, where that is too long ago; None where it is not.

    It stays the same until something is counted or confirmed again, and so an answer does.
    """
    complete_to = max((at for at in (as_of, confirmed_at) if at), default=None)
    if complete_to is None or now - complete_to <= interval * SILENT_INTERVALS:
        return None
    return complete_to

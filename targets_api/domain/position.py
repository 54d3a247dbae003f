"""A position in the log of changes: the id of an event of a stream. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

_ID: Final = re.compile(
    r"([0-9a-f]{1,16})\.([0-9a-f]{1,16})\.([0-9a-f]{1,16})\.([0-9a-f]{1,8})\.([0-9]{1,19}):([0-9]{1,19}):([0-9,]*)"
)
LONGEST: Final = 2_000
_MICROSECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Position:
    """All transactions that `snapshot` has seen are in what was sent before; `at` is when it was taken.

    It says nothing on a `server` that was started at another time, on another day, or where changes were made that are
    not in the log: `unlogged` is how many there were.
    """

    server: datetime
    at: datetime
    unlogged: int
    day: date
    snapshot: str

    @property
    def id(self) -> str:
        """As it is sent."""
        return (
            f"{_number(self.server):x}.{_number(self.at):x}.{self.unlogged:x}.{self.day.toordinal():x}.{self.snapshot}"
        )

    def follows(self, before: Position) -> bool:
        """Whether the log tells all that has changed since that position, if it reaches back to it."""
        return (self.server, self.unlogged, self.day) == (before.server, before.unlogged, before.day)


def position_of(sent: str) -> Position | None:
    """The position with that id; None where it is none."""
    found = _ID.fullmatch(sent[:LONGEST])
    if not found:
        return None
    server, at, unlogged, day = (int(part, 16) for part in found.groups()[:4])
    snapshot = f"{found[5]}:{found[6]}:{found[7]}"
    if not _is_snapshot(int(found[5]), int(found[6]), found[7]):
        return None
    try:
        return Position(_time(server), _time(at), unlogged, date.fromordinal(day), snapshot)
    except (ValueError, OverflowError, OSError):
        return None


def _is_snapshot(xmin: int, xmax: int, running: str) -> bool:
    """What PostgreSQL takes for one: those that were running lie between both bounds, in their order."""
    numbers = running.split(",") if running else []
    if not all(numbers) or not 0 < xmin <= xmax < 2**63:
        return False
    found = [int(number) for number in numbers]
    return found == sorted(set(found)) and all(xmin <= number < xmax for number in found)


def _number(at: datetime) -> int:
    return round(at.timestamp() * _MICROSECOND)


def _time(number: int) -> datetime:
    return datetime.fromtimestamp(number / _MICROSECOND, UTC)

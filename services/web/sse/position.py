"""A position in a log of changes: the id of an event of a stream. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_NUMBER: Final = "[0-9a-f]{1,16}"
_ID: Final = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER}(?:\.{_NUMBER})*)\.([0-9]{{1,19}}):([0-9]{{1,19}}):([0-9,]*)"
)
LONGEST: Final = 2_000
_MICROSECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Position:
    """All transactions that `snapshot` has seen are in what was sent before; `at` is when it was taken.

    It says nothing on a `server` that was started at another time, or where what the log does not tell is another:
    `beside` is that, as numbers in hexadecimal digits with dots between them.
    """

    server: datetime
    at: datetime
    beside: str
    snapshot: str

    @property
    def id(self) -> str:
        """As it is sent."""
        return f"{_number(self.server):x}.{_number(self.at):x}.{self.beside}.{self.snapshot}"

    def follows(self, before: Position) -> bool:
        """Whether the log tells all that has changed since that position, if it reaches back to it."""
        return (self.server, self.beside) == (before.server, before.beside)


def position_of(sent: str) -> Position | None:
    """The position with that id; None where it is none."""
    found = _ID.fullmatch(sent[:LONGEST])
    if not found:
        return None
    server, at, beside, xmin, xmax, running = found.groups()
    if not _is_snapshot(int(xmin), int(xmax), running):
        return None
    try:
        return Position(_time(int(server, 16)), _time(int(at, 16)), beside, f"{xmin}:{xmax}:{running}")
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

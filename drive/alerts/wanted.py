"""Which alerts are wanted."""

from __future__ import annotations

from enum import StrEnum


class Wanted(StrEnum):
    """Which status alerts have that are wanted; `unresolved` is all but one."""

    UNRESOLVED = "unresolved"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    RESOLVED = "resolved"
    ALL = "all"

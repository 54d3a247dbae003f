"""Which alerts are wanted."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Wanted(StrEnum):
    """Which status alerts have that are wanted; `unresolved` is all but one."""

    UNRESOLVED = "unresolved"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    RESOLVED = "resolved"
    ALL = "all"


class Heard(NamedTuple):
    """What a stream says: whether alerts have changed; `failure`: why it says nothing."""

    changed: bool = False
    failure: str | None = None

"""What reads keep from one run to the next: of trees and baselines, which change seldom, and of no sign-up."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from services.persistence.unit_of_work import ReadSession


@dataclass(slots=True)
class Kept:
    """It holds as long as nothing is logged as everything. `snapshot` is that of the last look; a run that began before
    the look that ended it goes on with the old one, which nobody else sees.

    `size` is about that of all values together. `widths`: of how many parts the figures of a unit were made last, where
    these are several; it lasts, and only tells which lane is right.
    """

    snapshot: str = ""
    values: dict[Hashable, Any] = field(default_factory=dict)
    size: int = 0
    widths: dict[str, int] = field(default_factory=dict)


def kept_by(session: ReadSession) -> Kept | None:
    """What whoever opened the session keeps, if anything."""
    return session.kept if isinstance(session.kept, Kept) else None

"""What must come out right, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One figure of the story."""

    what: str
    expected: object
    got: object

    @property
    def holds(self) -> bool:
        """It came out as expected."""
        return self.expected == self.got


@dataclass
class Checks:
    """All figures of the story, in the order in which they were looked at."""

    made: list[Check] = field(default_factory=list)

    def equal(self, what: str, expected: object, got: object) -> None:
        """Note a figure."""
        self.made.append(Check(what, expected, got))

    @property
    def hold(self) -> bool:
        """Every figure came out right, and there were some."""
        return bool(self.made) and all(check.holds for check in self.made)

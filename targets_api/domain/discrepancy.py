"""What the ledger has beyond the tallies, and how that is spent when the ledger itself is corrected. Pure.

Counting adds the same to both, so that a discrepancy stays what it is while counting goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from targets_api.domain.tally import Counts, Deltas, SignUp, TallyKey, deltas_of


def _nothing() -> Deltas:
    return Deltas({}, {}, {}, {})


@dataclass(slots=True)
class Discrepancies:
    """By how much the ledger has more of each sum of a tally; nothing is zero."""

    lacks: Deltas = field(default_factory=_nothing)

    def note(self, key: TallyKey, lacks: Sequence[int]) -> None:
        """What a tally lacks, in the order of its sums."""
        for counts, n in zip(self.lacks.sums(), lacks, strict=True):
            _set(counts, key, n)

    def settle(self, settled: Settled) -> None:
        """What is left of them, once a change is committed."""
        for counts, left in zip(self.lacks.sums(), settled.left.sums(), strict=True):
            for key, n in left.items():
                _set(counts, key, n)


@dataclass(frozen=True, slots=True)
class Settled:
    """A change of the ledger: what is added to the tallies, and what is left of the discrepancies that it touches."""

    added: Deltas
    left: Deltas


def settled(open_: Discrepancies, entered: Iterable[SignUp], replaced: Iterable[SignUp]) -> Settled:
    """What a change of the ledger makes of tallies that differed from it.

    A tally that counts what the ledger lacked, or lacks what the ledger should not have had, is right already.
    """
    sums = zip(open_.lacks.sums(), deltas_of(entered, replaced).sums(), strict=True)
    of_each = [_settled(before, change) for before, change in sums]
    return Settled(Deltas(*(added for added, _ in of_each)), Deltas(*(left for _, left in of_each)))


def _settled(open_: Mapping[TallyKey, int], changes: Mapping[TallyKey, int]) -> tuple[Counts, Counts]:
    added: Counts = {}
    left: Counts = {}
    for key, change in changes.items():
        before = open_.get(key, 0)
        taken = _opposite(before, change)
        left[key] = before + taken
        if change != taken:
            added[key] = change - taken
    return added, left


def _opposite(before: int, change: int) -> int:
    """As much of the change as makes up for what was different before."""
    if before * change >= 0:
        return 0
    return max(change, -before) if change < 0 else min(change, -before)


def _set(counts: Counts, key: TallyKey, n: int) -> None:
    if n:
        counts[key] = n
    else:
        counts.pop(key, None)

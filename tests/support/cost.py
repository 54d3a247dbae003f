"""What something costs, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TIMES = 5


def least_seconds(do: Callable[[], object]) -> float:
    """The processor time of this thread for the cheapest of some runs: in one of them nothing comes between, such as a
    collection of what other tests have left."""
    costs = []
    for _ in range(TIMES):
        began = time.thread_time()
        do()
        costs.append(time.thread_time() - began)
    return min(costs)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """For how many nanoseconds the main thread of a process ran, and could have run but waited for a processor."""

    ran: int
    waited: int

    @classmethod
    def of(cls, pid: int | None) -> Self:
        """Until now; none of both where the system does not count it (it is Linux that does)."""
        counted = Path(f"/proc/{pid}/schedstat")
        ran, waited = counted.read_text().split()[:2] if counted.exists() else (0, 0)
        return cls(int(ran), int(waited))

    def slowness_since(self, before: Scheduled) -> float:
        """By what factor it was slower since then, for what else the machine did: 1 where it never waited."""
        ran, waited = self.ran - before.ran, self.waited - before.waited
        return 1 + waited / ran if ran else 1.0

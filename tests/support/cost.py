"""What something costs, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable

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

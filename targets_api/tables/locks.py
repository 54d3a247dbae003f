"""The locks of the targets service, in the order in which a unit of work takes them.

1. COUNTING: shared by whoever counts sign-ups; exclusive for whoever computes from the tallies what counting then keeps
   up to date, and for whoever locks attainment in several steps. A batch handles the registry and the requests of
   listeners before sign-ups, so that a unit of work never goes from shared to exclusive. Folding takes it shared,
   since it reads the trees, after ROLLING_UP, which it does not wait for: rows of rollups are written by it alone, or
   under the exclusive lock.
2. Rows of the ledger, by enrolment id, inserted before others are locked; rows of tallies, by key: two batches that
   share some wait for each other one way.
3. Rows of `targets` that shares are set of, FOR SHARE, while COUNTING is held exclusively; then the row that is revised
   or withdrawn, FOR NO KEY UPDATE: rows of parts and changes, which holders of later locks insert, may go on to refer
   to it.
4. Rows of `target_progress`, by target id: in one step, unless COUNTING is held exclusively. The sweep, which does not
   take COUNTING, waits for none of them (SKIP LOCKED).
5. COMPARISON (of the chassis), by whoever compares with a summary.
6. SPLITTING, by whoever folds splits, which alone writes their tallies and rollups; it is not waited for.
7. A counter of the version, the first that is free (of the chassis, before the commit).
"""

from typing import Final

from services.persistence.locks import AdvisoryLock

REBUILDING: Final = AdvisoryLock("rebuild of what differs", 0x72656275)
"""Held by the session of a rebuild, before all others: a difference that was measured is added once."""
ROLLING_UP: Final = AdvisoryLock("rolling up tallies", 0x726F6C6C)
SPLITTING: Final = AdvisoryLock("splitting the ledger", 0x73706C74)
COUNTING: Final = AdvisoryLock("counting", 0x74616C6C)

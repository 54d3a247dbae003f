"""The locks of the targets service, in the order in which a unit of work takes them.

0. SWEEPING, by the sweep for the targets of one unit of work; it is not waited for.
1. ROLLING_UP, by whoever folds, and by whoever computes from the tallies what counting then keeps up to date: what is
   folded stays the same meanwhile, and counting goes on. Folding does not wait for it.
   Then COUNTING: shared by whoever counts sign-ups, and by whoever computes; exclusive for whoever saves what was
   computed, and for whoever locks attainment in several steps. It is taken exclusively as late as can be, since
   counting waits from then on until the commit. Only the holder of ROLLING_UP goes from the one to the other, so that
   no two wait for each other. The version before moves nodes, changes baselines and sets targets under COUNTING
   alone: it waits for whoever computes, and counting behind it. The registry and the requests of listeners have units
   of work of their own, before the sign-ups of their batch. Folding shares it, too, because of the version before.
2. Rows of the ledger, by enrolment id, inserted before others are locked; rows of tallies, by key: two batches that
   share some wait for each other one way.
3. Rows of `targets` that shares are set of, FOR SHARE, while ROLLING_UP is held; then the row that is revised
   or withdrawn, FOR NO KEY UPDATE: rows of parts and changes, which holders of later locks insert, may go on to refer
   to it.
4. Rows of `target_progress`, by target id: in one step, unless COUNTING is held exclusively. Whoever locks several
   holds ROLLING_UP or shares COUNTING, so that it never meets who locks them in several steps. The sweep, which does
   not take COUNTING, waits for none of them (SKIP LOCKED).
5. COMPARISON (of the chassis), by whoever compares with a summary.
6. SPLITTING, by whoever folds splits, which alone writes their tallies and rollups; it is not waited for.
7. A counter of the version, the first that is free (of the chassis, before the commit).
"""

from typing import Final

from services.persistence.locks import AdvisoryLock

REBUILDING: Final = AdvisoryLock("rebuild of what differs", 0x72656275)
"""Held by the session of a rebuild, before all others: a difference that was measured is added once."""
SWEEPING: Final = AdvisoryLock("sweep of targets", 0x73776565)
"""One process sweeps at a time. It is given back with each unit of work: a process that stands still holds up no
other."""
ROLLING_UP: Final = AdvisoryLock("rolling up tallies", 0x726F6C6C)
SPLITTING: Final = AdvisoryLock("splitting the ledger", 0x73706C74)
COUNTING: Final = AdvisoryLock("counting", 0x74616C6C)

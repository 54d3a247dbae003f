"""Make anew what differs, beside the running services: the ledger from enrolment, and the figures from the ledger.

Whatever ends it, the next run goes on: it measures anew, and what was committed does not differ any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from drive.reconciling.differences import differing_days
from drive.reconciling.figures import FIGURES_AT_ONCE, Figures, pages_of
from drive.reconciling.findings import Finding
from drive.reconciling.sides import Period, Sides
from drive.reconciling.suspects import cause_of, entries_of_days, entries_of_ids, lacking_pages
from enrolment_api.feed.queries import ENTRIES as RECORDED
from services.clock import Clock
from services.context import context_of
from services.pages import pages
from services.persistence.locks import held_by_session
from services.reconciliation.entries import Entry
from targets_api.domain.discrepancy import Discrepancies
from targets_api.rebuilding import splits, usecases
from targets_api.rebuilding.queries import ENTRIES as COUNTED
from targets_api.rebuilding.queries import wrong_attainment, wrong_tallies
from targets_api.reconciliation.recount import recount_after_loss
from targets_api.tables.locks import REBUILDING

ENTRIES_AT_ONCE: Final = 500
TARGETS_AT_ONCE: Final = 20
"""They are counted anew while nothing else is counted: so few that this takes some ten milliseconds."""


@dataclass(slots=True)
class Made:
    """How many of each were made anew. `kept` are sign-ups that enrolment does not have, and nobody said to remove."""

    restored: int = 0
    removed: int = 0
    kept: int = 0
    tallies: int = 0
    rollups: int = 0
    targets: int = 0
    splits: int = 0
    days: int = 0


@dataclass
class Rebuild:
    """`say` is told what goes on, `name` each group of which sign-ups are removed, since enrolment has none."""

    sides: Sides
    clock: Clock
    say: Callable[[str], None]
    name: Callable[[Finding], None]
    made: Made = field(default_factory=Made)

    async def run(self, period: Period | None, *, remove: bool) -> Made:
        """The ledger of the days of `period` where there is one, and all figures. Raises Conflict where another is at
        it."""
        async with held_by_session(self.sides.writer, REBUILDING) as check:
            self._check = check
            if period:
                await self._ledger(period, remove=remove)
            await self._figures()
            await self._splits()
            await self._days()
            await self._targets()
        return self.made

    async def _ledger(self, period: Period, *, remove: bool) -> None:
        """Targets advance by what is restored: so what left the ledger before is taken off them first."""
        await recount_after_loss(self.sides.writer, self.clock)
        open_ = await self._discrepancies()
        days = await differing_days(self.sides, period)
        self.say(f"ledger: {len(days)} days differ from enrolment")
        await self._restore(days, open_)
        await self._remove(days, open_, remove=remove)

    async def _discrepancies(self) -> Discrepancies:
        open_ = Discrepancies()
        async with self.sides.targets.read() as session:
            async for wrong in wrong_tallies(session):
                open_.note(wrong.key, wrong.lacks)
        return open_

    async def _restore(self, days: Sequence[date], open_: Discrepancies) -> None:
        async for page, kept in lacking_pages(self.sides, days):
            lacking = [entry for entry in page if cause_of(entry, kept.get(entry.enrolment_id))]
            for some in pages(lacking, ENTRIES_AT_ONCE):
                await self._check()
                async with self.sides.writer.write() as work:
                    restored = await usecases.restore(work, context_of(self.clock), some, open_)
                self.made.restored += restored
                self.say(f"ledger: {self.made.restored} sign-ups restored, of {some[-1].signed_on} and before")

    async def _remove(self, days: Sequence[date], open_: Discrepancies, *, remove: bool) -> None:
        """What enrolment does not have, or count it where nobody said to."""
        async for page in entries_of_days(self.sides.targets, COUNTED, days):
            recorded = await entries_of_ids(self.sides.enrolment, RECORDED, (entry.enrolment_id for entry in page))
            surplus = [entry for entry in page if entry.enrolment_id not in recorded]
            if not remove:
                self.made.kept += len(surplus)
                continue
            self._name(surplus)
            for some in pages(surplus, ENTRIES_AT_ONCE):
                await self._check()
                async with self.sides.writer.write() as work:
                    removed = await usecases.remove(work, [entry.enrolment_id for entry in some], open_)
                self.made.removed += removed

    def _name(self, surplus: Sequence[Entry]) -> None:
        for key, n in Counter(entry.key for entry in surplus).items():
            because = f"{n} that enrolment does not have: removed"
            self.name(Finding("sign_ups", key.day.isoformat(), *key[1:], surplus=n, because=because))

    async def _figures(self) -> None:
        await Figures(self.sides, self._check, self._count, self.say).correct()

    def _count(self, tallies: int, rollups: int) -> None:
        self.made.tallies += tallies
        self.made.rollups += rollups
        self.say(f"figures: {self.made.tallies} tallies and {self.made.rollups} rollups made anew")

    async def _splits(self) -> None:
        """Tallies before the rollups that are measured from them."""
        async with self.sides.targets.read() as session:
            async for tallies in pages_of(splits.wrong_split_tallies(session), FIGURES_AT_ONCE):
                await self._check()
                async with self.sides.writer.write() as work:
                    await splits.correct_split_tallies(work, tallies)
                self.made.splits += len(tallies)
        async with self.sides.targets.read() as session:
            async for rollups in pages_of(splits.wrong_split_rollups(session), FIGURES_AT_ONCE):
                await self._check()
                async with self.sides.writer.write() as work:
                    await splits.correct_split_rollups(work, rollups)
                self.made.splits += len(rollups)
        self.say(f"splits: {self.made.splits} made anew")

    async def _days(self) -> None:
        async with self.sides.targets.read() as session:
            async for wrong in pages_of(splits.wrong_days(session), FIGURES_AT_ONCE):
                await self._check()
                async with self.sides.writer.write() as work:
                    await splits.correct_days(work, wrong)
                self.made.days += len(wrong)

    async def _targets(self) -> None:
        async with self.sides.targets.read() as session:
            async for wrong in pages_of(wrong_attainment(session), TARGETS_AT_ONCE):
                async with self.sides.writer.write() as work:
                    ids = [each.target_id for each in wrong]
                    await usecases.correct_attainment(work, context_of(self.clock), ids)
                self.made.targets += len(wrong)
        self.say(f"targets: {self.made.targets} counted anew")

"""Correct tallies by the ledger, and rollups by the tallies, beside the counting."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from drive.reconciling.sides import Sides
from services.errors import Conflict
from targets_api.rebuilding import usecases
from targets_api.rebuilding.queries import TREES, Tree, WrongRollup, WrongTally, places, wrong_rollups, wrong_tallies

T = TypeVar("T")

FIGURES_AT_ONCE: Final = 5000
MEASURES: Final = 5
"""How often figures are measured, where units or organisations move between that and their correction."""


@dataclass(frozen=True)
class Figures:
    """What is corrected of tallies and rollups; `check` is called before each unit of work, `count` after it with how
    many there were of both."""

    sides: Sides
    check: Callable[[], Awaitable[None]]
    count: Callable[[int, int], None]
    say: Callable[[str], None]

    async def correct(self) -> None:
        """Measured anew where units or organisations moved in between. Raises Conflict where they do each time."""
        for measure in range(MEASURES):
            if measure:
                self.say("figures: units or organisations moved meanwhile, and are measured anew")
            if await self._are_figures_corrected():
                return
        raise Conflict("units or organisations move all the time: run this again when the registry rests")

    async def _are_figures_corrected(self) -> bool:
        """In one unit of work where they are not very many: a tally and its rollups may differ in different ways, and
        neither would be right before the other is."""
        async with self.sides.targets.read() as session:
            measured_at = {tree: await places(session, tree) for tree in TREES}
            tallies = await _first(wrong_tallies(session), FIGURES_AT_ONCE)
            rollups = {tree: await _first(wrong_rollups(session, tree), FIGURES_AT_ONCE) for tree in TREES}
        if FIGURES_AT_ONCE in (len(tallies), *(len(wrong) for wrong in rollups.values())):
            return await self._are_many_figures_corrected()
        return await self._correct(tallies, rollups, measured_at)

    async def _are_many_figures_corrected(self) -> bool:
        async with self.sides.targets.read() as session:
            async for wrong in pages_of(wrong_tallies(session), FIGURES_AT_ONCE):
                await self._correct(wrong, {}, {})
        return all([await self._are_many_rollups_corrected(tree) for tree in TREES])

    async def _are_many_rollups_corrected(self, tree: Tree) -> bool:
        async with self.sides.targets.read() as session:
            measured_at = {tree: await places(session, tree)}
            async with aclosing(wrong_rollups(session, tree)) as wrong_ones:
                async for wrong in pages_of(wrong_ones, FIGURES_AT_ONCE):
                    if not await self._correct((), {tree: wrong}, measured_at):
                        return False
        return True

    async def _correct(
        self,
        tallies: Sequence[WrongTally],
        rollups: Mapping[Tree, Sequence[WrongRollup]],
        measured_at: Mapping[Tree, Decimal],
    ) -> bool:
        n_rollups = sum(map(len, rollups.values()))
        if not tallies and not n_rollups:
            return True
        await self.check()
        async with self.sides.writer.write() as work:
            is_done = await usecases.correct_figures(work, tallies, rollups, measured_at)
        if is_done:
            self.count(len(tallies), n_rollups)
        return is_done


async def _first(items: AsyncGenerator[T, None], size: int) -> list[T]:
    async with aclosing(items):
        async for page in pages_of(items, size):
            return page
    return []


async def pages_of(items: AsyncIterator[T], size: int) -> AsyncIterator[list[T]]:
    """The items, so many at a time."""
    page: list[T] = []
    async for item in items:
        page.append(item)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page

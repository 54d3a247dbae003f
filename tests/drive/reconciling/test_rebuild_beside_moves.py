"""`drive rebuild` measures rollups anew where units or organisations move before it corrects them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.errors import Conflict
from services.persistence.unit_of_work import UnitOfWork
from tests.drive.reconciling.conftest import Pair
from tests.drive.reconciling.test_rebuild import rebuild
from tests.targets_api.builders import a_unit
from tests.targets_api.ledger.test_rollups import assert_rolled_up

WRONG = ["UPDATE unit_rollups SET n_new = n_new + 5 WHERE unit_code = '15142'"]


class Moving:
    """Before each of the first units of work, a commune that is wrong moves: to another province, and back."""

    def __init__(self, pair: Pair, moves: int) -> None:
        self.pair = pair
        self.moves = moves
        self.version = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pair.targets.runtime.database, name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[UnitOfWork]:
        if self.version <= self.moves:
            self.version += 1
            await self.pair.targets.handle(
                [a_unit("15142", "39" if self.version % 2 == 0 else "38", version=self.version)]
            )
        async with self.pair.targets.runtime.database.write() as work:
            yield work


@pytest.mark.parametrize("at_once", [1, 5000])
@pytest.mark.parametrize("moves", [1, 2])
async def test_a_move_between_measure_and_correction_leaves_no_difference(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, at_once: int, moves: int
) -> None:
    monkeypatch.setattr("drive.reconciling.figures.FIGURES_AT_ONCE", at_once)
    await pair.targets.handle([a_unit("39", None, "province")])
    await pair.damage(*WRONG)
    await rebuild(pair, Moving(pair, moves), period=None)
    await assert_rolled_up(pair.targets)
    assert (await pair.targets.progress("units/39"))["new"] == (12 if moves == 1 else 0)


async def test_a_registry_that_never_rests_ends_a_rebuild_with_what_to_do(pair: Pair) -> None:
    await pair.targets.handle([a_unit("39", None, "province")])
    await pair.damage(*WRONG)
    with pytest.raises(Conflict, match="run this again when the registry rests"):
        await rebuild(pair, Moving(pair, 100), period=None)
    await rebuild(pair, period=None)
    await assert_rolled_up(pair.targets)

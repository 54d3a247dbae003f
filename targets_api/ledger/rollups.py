"""The runner that folds what was added to tallies into the sums by unit and by organisation."""

from __future__ import annotations

from typing import Final

from sqlalchemy import exists, select

from services.persistence import locks
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from targets_api.ledger.sql import FOLD
from targets_api.tables.locks import COUNTING, ROLLING_UP
from targets_api.tables.rollups import TALLY_DELTAS

FOLD_SECONDS: Final = 0.5
"""Deltas are joined to each answer until they are folded: so many seconds' sign-ups at most."""
DELTAS_PER_FOLD: Final = 5_000
ANY: Final = select(exists().select_from(TALLY_DELTAS))


async def roll_up(database: Database) -> None:
    """Fold all there is, some thousands in a unit of work. Where another process is at it, leave it to that one."""
    while True:
        async with database.write() as work:
            folded = await _fold_if_free(work)
        if folded < DELTAS_PER_FOLD:
            return


async def _fold_if_free(work: UnitOfWork) -> int:
    if not (await work.execute(ANY)).scalar_one() or not await locks.try_take(work, ROLLING_UP):
        return 0
    await locks.take_shared(work, COUNTING)
    return await _fold(work)


async def fold(work: UnitOfWork) -> None:
    """Fold all that was counted until now, for whoever holds ROLLING_UP: little is left to be counted at the end."""
    while await _fold(work) == DELTAS_PER_FOLD:
        pass


async def _fold(work: UnitOfWork) -> int:
    return int((await work.execute(FOLD, {"limit": DELTAS_PER_FOLD})).scalar_one())

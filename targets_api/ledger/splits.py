"""The runner that folds what was added to the ledger into splits, and lets their pairs follow the tree of units."""

from __future__ import annotations

from typing import Final

from sqlalchemy import TextClause

from services.persistence import locks
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from targets_api.ledger.split_sql import FOLD, PAIR, PART
from targets_api.tables.locks import SPLITTING

SPLIT_SECONDS: Final = 30
"""The rarer, the more sign-ups share a row that is written. A read joins what is not folded yet."""
AT_ONCE: Final[dict[TextClause, int]] = {FOLD: 50_000, PART: 50, PAIR: 50}


async def split(database: Database) -> None:
    """Do all there is, a part in each unit of work. Where another process is at it, leave it to that one."""
    for statement, limit in AT_ONCE.items():
        done = limit
        while done == limit:
            async with database.write() as work:
                done = await _do(work, statement, limit)


async def _do(work: UnitOfWork, statement: TextClause, limit: int) -> int:
    if not await locks.try_take(work, SPLITTING):
        return 0
    return int((await work.execute(statement, {"limit": limit})).scalar_one())

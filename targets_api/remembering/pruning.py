"""The runner that keeps the log of changes short."""

from __future__ import annotations

from typing import Final

from services.persistence.database import Database
from services.persistence.versions import prune

PRUNE_SECONDS: Final = 300.0


async def forget_old_changes(database: Database) -> None:
    """Delete what no process asks for any more."""
    async with database.write() as work:
        await prune(work)

"""The clock makes digests that are due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from notifications.digests.contents import snapshot_at
from notifications.digests.queries import due_digests, find_digest
from notifications.digests.usecases import Made, tell
from notifications.domain.digest import NoSuchDigest
from services.clock import Clock
from services.context import Context, context_of
from services.errors import Unavailable
from services.persistence.database import Database

PAGE: Final = 100
log = structlog.get_logger(__name__)


class Digests:
    """Makes each that is due, and queues it in a unit of work of its own; any number may run."""

    def __init__(self, database: Database, clock: Clock, wake: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake

    async def look(self) -> None:
        """Do all that is due by now; one that fails is tried again at the next look, and holds up no other."""
        async with self._database.read() as session:
            names = await due_digests(session, context_of(self._clock).at, PAGE)
        for name in names:
            try:
                await self.tell(name)
            except Unavailable:
                raise
            except Exception:
                log.exception("digest_failed", digest=name)

    async def tell(self, name: str) -> bool:
        """Make the digest, and queue it; False where there is nothing left to do. It is read before anything is
        locked."""
        context = context_of(self._clock)
        made = await self._made(name, context)
        if made is None:
            return False
        async with self._database.write() as work:
            told = await tell(work, context, made)
            if told:
                work.after_commit(self._wake)
        return told

    async def _made(self, name: str, context: Context) -> Made | None:
        async with self._database.read() as session:
            try:
                row = await find_digest(session, name)
            except NoSuchDigest:
                return None
            if row.next_at > context.at:
                return None
            period, snapshot = await snapshot_at(session, row, context.at)
            return Made(row, period, snapshot)

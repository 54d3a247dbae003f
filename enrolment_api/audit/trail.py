"""The runner that adds to the trail what reads have shown: those that come together share a unit of work."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.audit.usecases import append
from enrolment_api.domain.audit import Entry, Note
from services.batcher import Batcher
from services.runtime import AnyRuntime


class Trail:
    """Adds to the audit trail."""

    def __init__(self, runtime: AnyRuntime) -> None:
        self._database = runtime.database
        self._batcher: Batcher[Note, Entry] = Batcher(self._append)

    async def add(self, note: Note) -> None:
        """Return once it is committed. Raises Unavailable where it may not be; then nothing may be shown."""
        await self._batcher.submit(note)

    async def _append(self, notes: Sequence[Note]) -> list[Entry]:
        async with self._database.write() as work:
            return await append(work, notes)

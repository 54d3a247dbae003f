"""Outages of a database, among them those that only writing shows: a disk that is full answers every read."""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import text

from services.errors import Unavailable
from services.outages import Outage, Probe
from services.persistence.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

_CANNOT_WRITE: Final = ("53100", "53200", "53400", "58")
"""Disk full, out of memory, a limit of the configuration, errors of the system: reads may well succeed."""
_SMALL_MEMORY: Final = text("SET LOCAL work_mem = '64kB'")
_SPILL: Final = text("SELECT count(*) FROM generate_series(1, 60000)")
"""What it counts does not fit into that memory and is written to a temporary file of about a megabyte."""


class DatabaseOutage(Outage):
    """Ends only with a write, where it was a write that failed for want of room."""

    def __init__(self, database: str, probe: Probe) -> None:
        super().__init__("database", probe, database=database)
        self._cannot_write = self._is_explained = False

    def refused(self, error: Unavailable, *, sqlstate: str, **details: str) -> None:
        """A statement or a connection failed."""
        self._cannot_write = self._cannot_write or sqlstate.startswith(_CANNOT_WRITE)
        began = self.failed(error, sqlstate=sqlstate, **details)
        if sqlstate and self.lasts and not (began or self._is_explained):
            # it began with a connection that was cut, which says no more
            log.error(
                "outage_explained", what=self.what, **self.which, reason=error.detail, sqlstate=sqlstate, **details
            )
        self._is_explained = self._is_explained or bool(sqlstate)

    def answered(self, *, wrote: bool) -> None:
        """A transaction was committed."""
        if self.reason is not None and (wrote or not self._cannot_write):
            self.works()

    def check_writing(self) -> None:
        """Raises Unavailable until nothing has failed for want of room for some seconds: to write a little may succeed
        on a full disk, now and then."""
        if self._cannot_write:
            raise Unavailable(f"the database cannot write: {self.reason or 'it could not until just now'}")

    async def try_to_write(self, work: UnitOfWork) -> None:
        """Where writing fails, find out whether there is room again. Raises what any statement does."""
        if self._cannot_write:
            await work.execute(_SMALL_MEMORY)
            await work.execute(_SPILL)

    def _end(self) -> None:
        super()._end()
        self._cannot_write = self._is_explained = False

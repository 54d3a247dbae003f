"""The runner that verifies the trail: all of it for an operator, what is new for the worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from enrolment_api.audit.metrics import AuditMetrics
from enrolment_api.audit.queries import next_entries
from enrolment_api.audit.store import heads_of_trail
from enrolment_api.domain.audit import BEGINNING, Broken, Head, by_number, ends_early, follow
from services.persistence.database import Database
from services.runtime import AnyRuntime

log = structlog.get_logger(__name__)
PAGE: Final = 500
WATCH_SECONDS: Final = 60.0
"""How often the worker looks at what is new."""


async def verify(database: Database, after: Head = BEGINNING, expected: Sequence[Head] = ()) -> Head | Broken:
    """The head of the trail, or the first entry that is not what was written; heads of `expected` were kept elsewhere.

    A transaction a page, so that verifying a long trail keeps no old rows of other tables.
    """
    head, hashes = after, by_number(expected)
    while True:
        async with database.read() as session:
            entries = await next_entries(session, head.seq, PAGE)
        if not entries:
            return ends_early(head, expected) or head
        found = follow(head, entries, hashes)
        if isinstance(found, Broken):
            return found
        head = found


class Watch:
    """Looks at the trail every now and then: that the newest entry it saw still follows on the one before, and that
    others follow on it.

    The head goes into the log whenever it has moved, from where nobody takes it back who can write to the database.
    """

    def __init__(self, runtime: AnyRuntime) -> None:
        self._database = runtime.database
        self._metrics = runtime.metrics.own(AuditMetrics)
        self._last: Head | None = None
        self._before = BEGINNING
        self._told: Broken | None = None

    async def look(self) -> None:
        """Once. Raises Unavailable."""
        if self._last is None:
            async with self._database.read() as session:
                last, self._before = await heads_of_trail(session)
            self._note(last)
            return
        found = await verify(self._database, self._before, [self._last])
        if isinstance(found, Broken):
            self._report(found)
        elif found != self._last:
            self._before = self._last
            self._note(found)

    def _note(self, head: Head) -> None:
        self._last = head
        self._metrics.entries.set(head.seq)
        log.info("audit_head", head=str(head))

    def _report(self, broken: Broken) -> None:
        self._metrics.broken.set(1)
        if broken != self._told:
            log.error("audit_broken", entry=broken.seq, detail=broken.why)
        self._told = broken

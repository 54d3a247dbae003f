"""Outages: what a process needs and is without for a time is a line in the log when that begins, and one when it ends.

Whoever needs it says of each try whether it worked; nobody logs failures of his own. An outage is over when it has
worked for QUIET_SECONDS without a failure: a server that comes and goes is one outage. Every PROBE_SECONDS it is looked
whether it works again, so that the end is noticed where nobody needs it just now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from typing import TypeAlias

import structlog

from services.errors import DomainError, Unavailable
from services.waiting import pause

log = structlog.get_logger(__name__)

PROBE_SECONDS = 5.0
QUIET_SECONDS = 20.0
"""More than passes between two tries of anybody, so that those who fail again and again are one outage."""

Probe: TypeAlias = Callable[[], Awaitable[None]]
"""Tries whether it works. Raises DomainError or OSError where it does not; who is asked may call `failed` himself."""


class Outage:
    """Of one thing that may be away, such as the database. `which` says which one, in the lines of the log."""

    def __init__(self, what: str, probe: Probe | None = None, **which: str) -> None:
        self.what = what
        self.probe = probe
        self.reason: str | None = None
        """Why it failed last; None since it works."""
        self.which = which
        self._began: float | None = None
        self._works_since = 0.0
        self._failures = 0
        self._watcher: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def lasts(self) -> bool:
        """Whether it has begun and is not over."""
        return self._began is not None

    def failed(self, error: Unavailable, **details: str) -> bool:
        """A try failed. Marks the error as reported, and returns whether the outage begins with it: none does once this
        is closed."""
        error.is_reported = True
        self.reason = error.detail
        if self._is_closed:
            return False
        self._failures += 1
        if self._began is not None:
            log.debug("outage_lasts", what=self.what, **self.which, attempt=self._failures, reason=error.detail)
            return False
        self._began = asyncio.get_running_loop().time()
        log.error("outage_began", what=self.what, **self.which, reason=error.detail, **details)
        self._watcher = asyncio.create_task(self._watch(), context=_of_no_request())
        return True

    def works(self) -> None:
        """A try succeeded."""
        if self.reason is not None:
            self.reason, self._works_since = None, asyncio.get_running_loop().time()

    async def check(self) -> None:
        """Raises Unavailable while it does not work: for readiness."""
        if self.reason is not None:
            raise Unavailable(self.reason)

    def close(self) -> None:
        """The process ends, or needs it no more: whoever tries it still is not watched."""
        self._is_closed = True
        if self._watcher:
            self._watcher.cancel()
        if self.lasts and self.reason is None:
            self._end()

    async def _watch(self) -> None:
        while self.lasts:
            await pause(PROBE_SECONDS, asyncio.Event())
            if self.reason is not None:
                await self._try()
            elif asyncio.get_running_loop().time() - self._works_since >= QUIET_SECONDS:
                self._end()

    async def _try(self) -> None:
        if self.probe is None:
            return
        try:
            await self.probe()
        except (DomainError, OSError):
            return
        self.works()

    def _end(self) -> None:
        seconds = round(self._works_since - (self._began or 0.0), 1)
        log.warning("outage_ended", what=self.what, **self.which, seconds=seconds, failures=self._failures)
        self._began, self._failures = None, 0


def _of_no_request() -> Context:
    """What is bound to the lines of this process, without the request that happened to notice."""
    context = copy_context()
    context.run(structlog.contextvars.unbind_contextvars, "request_id")
    return context

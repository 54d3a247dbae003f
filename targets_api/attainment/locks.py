"""The lock between those who count and those who change what is counted into."""

from __future__ import annotations

from sqlalchemy import text

from services.persistence.unit_of_work import UnitOfWork

_KEY = 0x74616C6C  # "tall"
_SHARED = text("SELECT pg_advisory_xact_lock_shared(:key)")
_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(:key)")


async def counting(work: UnitOfWork) -> None:
    """Take this before counting: any number may hold it at once, until their commit."""
    await work.execute(_SHARED, {"key": _KEY})


async def nobody_counting(work: UnitOfWork) -> None:
    """Take this before computing anything from the tallies that counting keeps up from then on.

    It waits until every batch under way is committed and holds up the next ones until our own commit, so no sign-up is
    missed or counted twice.
    """
    await work.execute(_EXCLUSIVE, {"key": _KEY})

"""Of all the processes of a service one publishes the summary, once in each interval."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from services.persistence.unit_of_work import UnitOfWork
from services.reconciliation.comparison import EARLY

_TAKE = text("""
    INSERT INTO summary_turns (name, taken_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET taken_at = excluded.taken_at
    WHERE summary_turns.taken_at NOT BETWEEN :earliest AND :latest
    RETURNING name
""")


async def claim_interval(work: UnitOfWork, name: str, now: datetime, interval: timedelta) -> bool:
    """Whether this process is to do it now: none has within the interval. A stored time in the future is ignored."""
    values = {"name": name, "now": now, "earliest": now - interval * EARLY, "latest": now + interval}
    return (await work.execute(_TAKE, values)).first() is not None

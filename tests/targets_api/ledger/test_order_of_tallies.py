"""Who takes entries out of the ledger, or replaces them as the version before did, locks tallies as counting does."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

import pytest
from sqlalchemy import text

from services.contracts.envelope import Event
from services.persistence.unit_of_work import UnitOfWork
from tests.support.waiting import soon
from tests.targets_api.builders import TargetsService, a_sign_up
from tests.targets_api.review.test_locks import until_done_or_blocked

UNITS: Final = ("15127", "15142", "15142-01", "15142-02", "Z-1", "a-1", "É-1")
"""In the order of their bytes, which is not that of a language."""
DAYS: Final = tuple(date(2025, 11, day) for day in range(1, 9))
"""Renewals are first: the order of kinds would be another one."""
CHANGES: Final = {
    "entries are deleted": "DELETE FROM ledger",
    "entries are replaced by the version before": "UPDATE ledger SET version = version + 1",
}


async def all_of_them(service: TargetsService, work: UnitOfWork) -> None:
    """A sign-up for each tally, in the order of their keys."""
    for unit in UNITS:
        await service.consumer.handle(work, [signed(unit, day) for day in DAYS])


def signed(unit: str, day: date) -> Event:
    """A renewal on odd days, else new."""
    return a_sign_up(unit_code=unit, signed_on=day, kind="renewal" if day.day % 2 else "new")


@pytest.mark.parametrize("change", CHANGES)
async def test_counting_beside_a_change_of_many_entries_ends(service: TargetsService, change: str) -> None:
    async with service.runtime.database.write() as work:
        await all_of_them(service, work)

    async def run() -> None:
        async with service.runtime.database.write() as work:
            await work.execute(text(CHANGES[change]))

    async with service.runtime.database.write() as work:
        await service.consumer.handle(work, [signed(UNITS[0], DAYS[0])])
        task = asyncio.create_task(run())
        await until_done_or_blocked(service, task)
        await all_of_them(service, work)
    await soon(task)
    [row] = await service.rows("SELECT sum(n) AS n, sum(amount) AS amount FROM tallies")
    after = 1 + len(UNITS) * len(DAYS)
    was = len(UNITS) * len(DAYS)
    assert (row.n, row.amount) == (after + (0 if "deleted" in change else was), after * 1_263_600)

"""Sums from any day to any other, by months and by the days around them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations_with_replacement
from typing import Any, Final

from sqlalchemy import text

from services.persistence.unit_of_work import ReadSession
from services.persistence.unnest import columns_of
from targets_api.ledger.rollups import roll_up
from targets_api.progress.sums import OF, PeriodKey, sums_of
from tests.support.plans import Explained, rows_read
from tests.targets_api.builders import CAM_THACH, HEALTH, TargetsService

FIRST: Final = date(2024, 1, 27)
DAYS: Final = [FIRST + timedelta(days=n) for n in range(66)]
"""From the end of a month, over one with a leap day, to the first of the fourth."""
FILL: Final = text("""
INSERT INTO tallies (unit_code, scheme, day, kind, organisation_code, collector_code, n)
SELECT :unit, :scheme, CAST(:first AS date) + i, 'new', 'CT', 'CT-07', i + 1
FROM generate_series(0, CAST(:days AS integer) - 1) i
""")
OTHERS: Final = text("""
INSERT INTO unit_rollups (unit_code, scheme, span, begins_on, n_new, n_renewal, cancelled_new, cancelled_renewal)
SELECT 'V' || i % 50, :scheme, 'day', CAST(:first AS date) + i / 50, 1, 0, 0, 0 FROM generate_series(1, 5000) i
""")


async def filled(service: TargetsService, days: int) -> None:
    """One more each day than on the day before."""
    async with service.runtime.database.write() as work:
        await work.execute(FILL, {"unit": CAM_THACH, "scheme": HEALTH, "first": FIRST, "days": days})
    await roll_up(service.runtime.database)


async def test_a_sum_from_any_day_to_any_other_is_that_of_its_days(service: TargetsService) -> None:
    await filled(service, len(DAYS))
    periods = list(combinations_with_replacement(range(len(DAYS)), 2))
    keys = [PeriodKey(CAM_THACH, HEALTH, DAYS[since], DAYS[until]) for since, until in periods]
    async with service.runtime.database.read() as session:
        found = await sums_of(session, "unit", keys)
    assert [each.new for each in found] == [sum(range(since + 1, until + 2)) for since, until in periods]


async def rollups_read(session: ReadSession, keys: Sequence[PeriodKey]) -> int:
    """How many rows of the rollups it takes to answer."""
    columns: dict[str, Any] = columns_of((key._asdict() for key in keys), *PeriodKey._fields)
    [[plan]] = await session.scalars(Explained(OF["unit"].statement), columns)
    return round(rows_read(plan["Plan"], "unit_rollups"))  # of a loop the plan tells two decimals


async def test_a_sum_up_to_today_reads_a_row_for_each_month_and_seven_days_at_most(service: TargetsService) -> None:
    for today in (date(2024, 3, 7), date(2024, 3, 8), date(2024, 3, 31)):
        async with service.runtime.database.write() as work:
            await work.execute(text("TRUNCATE tallies"))
            await work.execute(OTHERS, {"scheme": HEALTH, "first": FIRST})
            await work.execute(text("ANALYZE unit_rollups"))
        await filled(service, (today - FIRST).days + 1)
        async with service.runtime.database.read() as session:
            read = await rollups_read(session, [PeriodKey(CAM_THACH, HEALTH, date(2024, 2, 1), today)])
        assert read == (8 if today.day <= 7 else 2)

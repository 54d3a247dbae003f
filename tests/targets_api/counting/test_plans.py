"""Counting reads what it is about and no more, whatever PostgreSQL knew of the tables when it made its plans."""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import text

from tests.support.plans import UNTIL_KEPT, read_by
from tests.targets_api.builders import TargetsService, a_correction, sign_ups

LATER: Final = 20_000
"""Of some thousand rows PostgreSQL may rightly read all rather than look twenty up."""
COUNTED: Final = """
    INSERT INTO ledger (enrolment_id, unit_code, organisation_code, collector_code, scheme, kind, signed_on,
                        covered_from, covered_to)
    SELECT gen_random_uuid(), '15142', 'CT', 'CT-07', 'household_health', 'new', '2025-10-25', '2025-11-24',
           '2026-11-23'
    FROM generate_series(1, :n) n
"""


async def count(service: TargetsService) -> None:
    """Sign-ups, and then their corrections."""
    recorded = sign_ups(20)
    await service.handle(recorded)
    await service.handle([a_correction(each, amount_paid=5) for each in recorded])


async def test_what_was_planned_for_a_small_ledger_reads_little_of_a_full_one(
    service: TargetsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(text("ANALYZE ledger"))
    for _ in range(UNTIL_KEPT):
        await count(service)
    async with service.runtime.database.write() as work:
        await work.execute(text(COUNTED), {"n": LATER})
    monkeypatch.setattr("services.persistence.database.PLANS_SECONDS", 0)
    assert await read_by(service.runtime.database, count(service), "ledger") < LATER / 10

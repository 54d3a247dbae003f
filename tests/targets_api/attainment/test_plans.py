"""What batches of sign-ups and reads of targets ask for is looked up, however much was counted before."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import text

from services.persistence.statements import Query
from targets_api.attainment.candidates import CANDIDATES
from targets_api.attainment.measured import MEASURED
from targets_api.attainment.store import LOCKED_STANDINGS
from targets_api.progress.owner_figures import COLLECTORS, ORGANISATIONS, UNITS
from tests.support.plans import Explained, generic_plan, read_whole, rows_read
from tests.targets_api.builders import CAM_THACH, TargetsService

FILL: Final = """
INSERT INTO tallies (unit_code, scheme, day, kind, organisation_code, collector_code, n)
SELECT 'V' || i % 100, 'household_health', date '2024-01-01' + i / 100, 'new', 'O' || i % 100, 'K' || i % 100, 1
FROM generate_series(1, 20000) i
"""
STATEMENTS: Final[dict[str, Query[Any]]] = {
    "a review": LOCKED_STANDINGS,
    "whom sign-ups count for": CANDIDATES,
    **{f"targets of a {owner.name}": owner.targets for owner in (UNITS, ORGANISATIONS, COLLECTORS)},
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_the_plan_that_is_kept_reads_no_table_of_sign_ups_as_a_whole(service: TargetsService, name: str) -> None:
    async with service.runtime.database.write() as work:
        await work.execute(text(FILL))
        await work.execute(text("ANALYZE tallies"))
    async with service.runtime.database.engine.connect() as connection:
        plan = await generic_plan(connection, STATEMENTS[name].statement)
    assert not read_whole(plan) & {"tallies", "ledger", "unit_rollups", "organisation_rollups"}


async def test_targets_that_are_no_stocks_are_counted_without_a_look_at_the_units_below(
    service: TargetsService,
) -> None:
    await service.baseline(date(2025, 10, 24))
    ids = [(await service.target(scope={"unit_code": code}))["id"] for code in ("38", "CS-CT", CAM_THACH)]
    stock = await service.target(scope={"unit_code": "38"}, measure="in_force", value=30_000)

    async def read_of(*target_ids: str) -> float:
        async with service.runtime.database.engine.connect() as connection:
            found = await connection.execute(Explained(MEASURED.statement), {"ids": list(map(UUID, target_ids))})
        [[[plan]]] = found.all()
        return rows_read(plan["Plan"], "unit_ancestors")

    assert await read_of(*ids) == 0
    assert await read_of(stock["id"]) > 0

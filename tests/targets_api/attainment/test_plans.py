"""What batches of sign-ups and reads of targets ask for is looked up, however much was counted before."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import text

from services.persistence.statements import Query
from targets_api.attainment.candidates import CANDIDATES
from targets_api.attainment.store import LOCKED_STANDINGS
from targets_api.progress.queries import COLLECTORS, ORGANISATIONS, UNITS
from tests.support.plans import generic_plan, read_whole
from tests.targets_api.builders import TargetsService

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

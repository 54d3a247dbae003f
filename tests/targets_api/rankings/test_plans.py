"""A ranking of thousands looks up the rollups of each, and reads no table of them as a whole."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import asyncpg

from targets_api.rankings.queries import STOCKS, SUMS
from tests.targets_api.builders import HEALTH, TargetsService

COMMUNES: Final = 1_500
_NUMBERS: Final = f"generate_series(1, {COMMUNES}) i"
FILL: Final = (
    "INSERT INTO unit_rollups (unit_code, scheme, span, begins_on, n_new, n_renewal, cancelled_new, cancelled_renewal)"
    " SELECT 'C' || i, 'household_health', 'day', date '2024-01-01' + day, 1, 0, 0, 0"
    " FROM {numbers}, generate_series(0, 399, 4) day",
    'INSERT INTO baselines (unit_code, scheme, "on", population, covered)'
    " SELECT 'C' || i, 'household_health', date '2024-06-30', 100, 50 FROM {numbers}",
    "ANALYZE unit_rollups, baselines",
)
_DIALECT: Final[Any] = asyncpg.dialect()  # type: ignore[no-untyped-call]


async def test_no_plan_reads_all_rollups(service: TargetsService) -> None:
    async with service.runtime.database.write() as work:
        for statement in FILL:
            await work.execute(text(statement.format(numbers=_NUMBERS)))
    same = {"scheme": HEALTH, "since": date(2024, 1, 5), "until": date(2024, 12, 5), "organisation_code": None}
    columns = {name: [value] * COMMUNES for name, value in same.items()}
    keys = {**columns, "start": columns["since"], "on": columns["until"]}
    codes = [f"C{n}" for n in range(1, COMMUNES + 1)]
    async with service.runtime.database.engine.connect() as connection:
        for query in (SUMS["unit"], STOCKS):
            compiled: Any = query.statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
            values = compiled.construct_params({"code": codes, **keys})
            plan = await connection.exec_driver_sql(
                f"EXPLAIN {compiled}", tuple(values[name] for name in compiled.positiontup)
            )
            lines = "\n".join(row[0] for row in plan)
            assert "unit_rollups_pkey" in lines
            assert "Seq Scan on unit_rollups" not in lines

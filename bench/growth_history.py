"""Two databases of targets that differ in their history alone: a province with three years of sign-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import URL

from migrations.upgrade import upgrade
from services.persistence.database import Database
from targets_api.ledger.sql import FOLD
from targets_api.tables import SCHEMA

REGISTRY: Final = (
    "INSERT INTO units (code, name, level, parent_code, version) VALUES ('38', 'Thanh Hóa', 'province', NULL, 1)",
    "INSERT INTO units (code, name, level, parent_code, version) VALUES ('39', 'Other', 'province', NULL, 1)",
    "INSERT INTO units (code, name, level, parent_code, version)"
    " SELECT 'I' || i, 'I' || i, 'insurance_unit', '38', 1 FROM generate_series(0, 7) i",
    "INSERT INTO units (code, name, level, parent_code, version)"
    " SELECT 'C' || i, 'C' || i, 'commune', 'I' || i % 8, 1 FROM generate_series(0, 165) i",
    "INSERT INTO units (code, name, level, parent_code, version)"
    " SELECT 'V' || i || '-' || j, 'V', 'village', 'C' || i, 1 FROM generate_series(0, 165) i, generate_series(0, 9) j",
    "INSERT INTO organisations (code, name, version) VALUES ('TOP', 'Top', 1)",
    "INSERT INTO organisations (code, name, parent_code, version)"
    " SELECT 'O' || i, 'O' || i, 'TOP', 1 FROM generate_series(0, 29) i",
    "INSERT INTO collectors (code, organisation_code, version)"
    " SELECT 'K' || i, 'O' || i % 30, 1 FROM generate_series(0, 599) i",
    "WITH RECURSIVE up AS (SELECT code, code AS above, 0 AS depth FROM units UNION ALL"
    " SELECT up.code, u.parent_code, depth + 1 FROM up JOIN units u ON u.code = up.above"
    " WHERE u.parent_code IS NOT NULL)"
    " INSERT INTO unit_ancestors (unit_code, ancestor_code, depth) SELECT * FROM up",
    "INSERT INTO organisation_ancestors SELECT code, code, 0 FROM organisations"
    " UNION ALL SELECT code, parent_code, 1 FROM organisations WHERE parent_code IS NOT NULL",
    'INSERT INTO baselines (unit_code, scheme, "on", population, covered)'
    " SELECT 'C' || i, 'household_health', '2025-06-30', 26697, 19702 FROM generate_series(0, 165) i",
)
_SIGN_UPS: Final = """
    INSERT INTO tallies (unit_code, scheme, day, kind, organisation_code, collector_code, n)
    SELECT 'V' || k % 166 || '-' || day % 2, 'household_health', '2025-10-25'::date - day, kind,
        'O' || k % 30, 'K' || k, count(*)
    FROM (
        SELECT floor(random() * 600)::int AS k, floor(random() * 1096)::int AS day,
            CASE WHEN random() < 0.5 THEN 'new' ELSE 'renewal' END AS kind
        FROM generate_series(1, CAST(:n AS integer))
    ) AS sign_ups
    GROUP BY k, day, kind ORDER BY k % 166, day
"""
"""A collector works in one commune, as there are; the days of three years are alike."""


async def with_history(server: URL, sign_ups: int) -> Database:
    """A database of its own with so many sign-ups behind it, rolled up and analysed, and all of it on disk."""
    url = server.set(database=f"growth_{sign_ups}")
    await upgrade("targets", url)
    patient = Database(url, SCHEMA, patience=timedelta(minutes=10))
    async with patient.write() as work:
        for statement in REGISTRY:
            await work.execute(text(statement))
        await work.execute(text(_SIGN_UPS), {"n": sign_ups})
        await work.execute(FOLD, {"limit": sign_ups})
    async with patient.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
        await connection.execute(text("CHECKPOINT"))
    await patient.close()
    return Database(url, SCHEMA)

"""Who reads the views for reports, and nothing else: by the script for containers, and as the docs say."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from migrations.upgrade import upgrade
from tests.drive.test_roles import PASSWORDS, migrate_as_owner
from tests.support.postgres import PrivatePostgres, run_roles_script

REPORTING: Final = (Path(__file__).parents[2] / "docs" / "reporting.md").read_text()
GROUP, LOGIN, *ASKED = re.findall(r"```sql\n(.*?)```", REPORTING, re.DOTALL)
REFUSED: Final = (
    "SELECT * FROM public.tallies",
    "SELECT * FROM public.ledger",
    "SELECT * FROM public.targets",
    "SELECT * FROM public.unit_rollups",
    "INSERT INTO reporting.baselines VALUES ('38', 'household_health', '2025-01-01', 2, 1)",
    "UPDATE reporting.baselines SET covered = 0",
    "DELETE FROM reporting.unit_ancestors",
    "CREATE VIEW reporting.mine AS SELECT 1",
    "SET default_transaction_read_only = off; DELETE FROM reporting.baselines",
)


async def run(postgres: PrivatePostgres, sql: str, user: str = "postgres") -> list[asyncpg.Record]:
    """What the statements answer, in the database of targets."""
    connection = await asyncpg.connect(
        host="127.0.0.1", port=postgres.url.port, user=user, password="change me", database="drive_targets"
    )
    try:
        if ";" in sql.rstrip().rstrip(";"):
            await connection.execute(sql)
            return []
        rows: list[asyncpg.Record] = await connection.fetch(sql)
        return rows
    finally:
        await connection.close()


async def assert_reads_views_alone(postgres: PrivatePostgres) -> None:
    """A login that is made as the docs say."""
    await run(postgres, LOGIN)
    views = await run(
        postgres, "SELECT relname FROM pg_class WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'v'"
    )
    assert len(views) >= 9
    for view in views:
        await run(postgres, f"TABLE reporting.{view['relname']} LIMIT 1", "grafana")
    for block in ASKED:
        for question in filter(str.strip, block.split(";")):
            await run(postgres, question, "grafana")
    for statement in REFUSED:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
            await run(postgres, statement, "grafana")
    for setting, value in (("statement_timeout", "30s"), ("default_transaction_read_only", "on")):
        assert [row[0] for row in await run(postgres, f"SHOW {setting}", "grafana")] == [value]


async def test_a_login_of_the_group_reads_the_views_and_nothing_else(private_postgres: PrivatePostgres) -> None:
    await upgrade("targets", private_postgres.url.set(database="drive_targets"))
    for _ in range(2):
        await run(private_postgres, GROUP)
    await assert_reads_views_alone(private_postgres)


async def test_views_of_later_can_be_read_by_the_group(private_postgres: PrivatePostgres) -> None:
    await upgrade("targets", private_postgres.url.set(database="drive_targets"))
    await run(private_postgres, GROUP)
    await run(private_postgres, LOGIN)
    await run(private_postgres, "CREATE VIEW reporting.later AS SELECT 1 AS one; SELECT 1")
    assert [row["one"] for row in await run(private_postgres, "SELECT one FROM reporting.later", "grafana")] == [1]


async def test_the_script_for_containers_makes_the_group_before_and_after_the_migration(
    private_postgres: PrivatePostgres,
) -> None:
    await asyncio.to_thread(run_roles_script, private_postgres.url, PASSWORDS)
    await migrate_as_owner(private_postgres)
    await asyncio.to_thread(run_roles_script, private_postgres.url, PASSWORDS)
    await assert_reads_views_alone(private_postgres)


async def test_an_owner_without_the_right_to_make_roles_migrates(private_postgres: PrivatePostgres) -> None:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=private_postgres.url.port, user="postgres", database="postgres"
    )
    try:
        await connection.execute("CREATE ROLE plain LOGIN")
        await connection.execute("CREATE DATABASE drive_targets OWNER plain")
    finally:
        await connection.close()
    await upgrade("targets", private_postgres.url.set(username="plain", database="drive_targets"))
    assert await run(private_postgres, "SELECT * FROM reporting.units") == []
    assert await run(private_postgres, "SELECT 1 FROM pg_roles WHERE rolname = 'drive_reporting'") == []

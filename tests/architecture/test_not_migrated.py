"""A service on a database that lacks a migration says so by name, is not ready, and works once it is migrated."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from drive.hosting.services import SERVICES, ServiceName, create_app, schema_of
from tests.conftest import ClientFor, MakeRuntime, TokenFor
from tests.support.runtime import TestRuntime

LISTS = {
    "enrolment": ("/v1/units", "units"),
    "targets": ("/v1/targets", "targets"),
    "notifications": ("/v1/alerts", "alerts"),
}
"""A read of each service, and a table that it needs."""


async def set_revision(runtime: TestRuntime, revision: str) -> None:
    """Let the database be at that migration."""
    async with runtime.database.write() as work:
        await work.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


async def rename(runtime: TestRuntime, table: str, name: str) -> None:
    """As a migration that has not run, or was taken back, leaves it."""
    async with runtime.database.write() as work:
        await work.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


@pytest.mark.parametrize("service", SERVICES)
async def test_an_older_revision_is_not_ready_and_names_the_remedy(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    client = await client_for(create_app(runtime))
    await set_revision(runtime, f"{service}_0001")
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    said = answer.json()["checks"]["database"]
    assert all(name in said for name in (f"{service}_0001", schema_of(service).revision, f"drive migrate {service}"))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_table_that_is_missing_is_answered_as_not_migrated_until_it_is_there(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor, token_for: TokenFor
) -> None:
    runtime = await make_runtime(service)
    client = await client_for(create_app(runtime), token_for(runtime))
    path, table = LISTS[service]
    await rename(runtime, table, "elsewhere")
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (503, "http://test/problems/not-migrated")
    assert "Retry-After" in answer.headers
    assert "drive migrate" in answer.json()["detail"]
    await rename(runtime, "elsewhere", table)
    assert (await client.get(path)).status_code == 200

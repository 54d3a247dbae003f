"""Readiness looks at the tables, not at the number alone: an unknown revision is judged by what is really there."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from drive.hosting.services import SERVICES, ServiceName, create_app, schema_of
from services.persistence.schema import Schema
from tests.conftest import ClientFor, MakeRuntime
from tests.support.runtime import TestRuntime

TABLES: dict[ServiceName, tuple[str, str]] = {
    "enrolment": ("enrolments", "receipt_no"),
    "targets": ("target_progress", "achieved"),
    "notifications": ("deliveries", "attempts"),
}
"""A table of each service, and a column of it."""


async def change(runtime: TestRuntime, *statements: str) -> None:
    """As an administrator does by hand."""
    async with runtime.database.write() as work:
        for statement in statements:
            await work.execute(text(statement))


def stamp(revision: str) -> str:
    """The statement that says that the database is at this revision."""
    return f"UPDATE alembic_version SET version_num = '{revision}'"  # noqa: S608 - our own words


async def said(runtime: TestRuntime, client_for: ClientFor) -> tuple[int, str, str]:
    """The status of readiness, what it says of the database, and its note."""
    client = await client_for(create_app(runtime))
    answer = await client.get("/health/ready")
    body = answer.json()
    return answer.status_code, body["checks"]["database"], body.get("notes", {}).get("database", "")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_newer_revision_with_the_tables_of_this_one_is_ready_and_named(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    table, _ = TABLES[service]
    await change(runtime, stamp(f"{service}_9999"), f"ALTER TABLE {table} ADD COLUMN added text")
    status, database, note = await said(runtime, client_for)
    assert (status, database) == (200, "ok")
    assert f"{service}_9999" in note
    assert schema_of(service).revision in note


@pytest.mark.parametrize("service", SERVICES)
async def test_a_newer_revision_that_took_a_column_away_is_not_ready(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    table, column = TABLES[service]
    await change(runtime, stamp(f"{service}_9999"), f"ALTER TABLE {table} DROP COLUMN {column} CASCADE")
    status, database, _ = await said(runtime, client_for)
    assert status == 503
    expected = (f"{service}_9999", schema_of(service).revision, f"lacks {table}.{column}", "start the version")
    assert [words for words in expected if words not in database] == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_newer_revision_that_demands_what_this_version_does_not_write_is_not_ready(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    table, _ = TABLES[service]
    await change(runtime, stamp(f"{service}_9999"), f"ALTER TABLE {table} ADD COLUMN demanded text NOT NULL")
    status, database, _ = await said(runtime, client_for)
    assert (status, f"demands {table}.demanded" in database) == (503, True)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_right_revision_without_a_column_is_not_ready(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    table, column = TABLES[service]
    await change(runtime, f"ALTER TABLE {table} DROP COLUMN {column} CASCADE")
    status, database, _ = await said(runtime, client_for)
    assert status == 503
    expected = (schema_of(service).revision, f"lacks {table}.{column}", "restore it from a backup")
    assert [words for words in expected if words not in database] == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_revision_that_was_stamped_without_the_tables_is_not_ready(
    service: ServiceName, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime(service)
    revision = schema_of(service).revision
    await change(
        runtime,
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        f"CREATE TABLE alembic_version AS SELECT '{revision}' AS version_num",
    )
    status, database, _ = await said(runtime, client_for)
    assert status == 503
    assert f"the database is at {revision}" in database
    assert "more: its tables were changed by hand or restored in part" in database


@pytest.mark.parametrize("found", ["another_0001", "deadbeef", "targets_0000", "targets_00009", "enrolment_9999"])
async def test_a_revision_of_something_else_is_not_ready_whatever_the_tables(
    found: str, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime("targets")
    await change(runtime, stamp(found))
    status, database, _ = await said(runtime, client_for)
    assert status == 503
    expected = (found, "no revision of targets", schema_of("targets").revision, "correct the URL of the database")
    assert [words for words in expected if words not in database] == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM alembic_version", "at no revision"),
        ("INSERT INTO alembic_version VALUES ('targets_0001')", "at 2 revisions"),
    ],
)
async def test_no_revision_and_two_revisions_are_not_ready(
    statement: str, words: str, make_runtime: MakeRuntime, client_for: ClientFor
) -> None:
    runtime = await make_runtime("targets")
    await change(runtime, statement)
    status, database, _ = await said(runtime, client_for)
    assert (status, words in database) == (503, True)


async def test_a_role_that_may_not_read_a_table_is_not_ready(make_runtime: MakeRuntime, client_for: ClientFor) -> None:
    runtime = await make_runtime("targets")
    name = runtime.database.url.database
    role = f"reader_of_{name}"
    await change(
        runtime,
        f'CREATE ROLE "{role}"',
        f'GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"',
        f'REVOKE SELECT ON TABLE tallies FROM "{role}"',  # noqa: S608 - as above
        f'ALTER DATABASE "{name}" SET ROLE = "{role}"',
    )
    await runtime.database.close()  # so that its next session has the role
    status, database, _ = await said(runtime, client_for)
    assert (status, "may not read tallies" in database) == (503, True)
    await change(
        runtime,
        "SET ROLE NONE",
        f'ALTER DATABASE "{name}" RESET ROLE',
        f'DROP OWNED BY "{role}"',
        f'DROP ROLE "{role}"',
    )


def test_revisions_are_told_apart_by_number_and_service() -> None:
    schema = Schema("targets", schema_of("targets").metadata, revision="targets_0008")
    found = ("targets_0001", "targets_0008", "targets_0009", "targets_0010", "enrolment_0008", "targets_8", "")
    expected = ["older", "same", "newer", "newer", "foreign", "foreign", "foreign"]
    assert [schema.standing(each) for each in found] == expected

"""deploy/postgres-roles.sh on a real server: who may do what, with passwords of any sign, and run again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from drive.hosting.services import SERVICES, schema_of
from migrations.upgrade import upgrade
from services.persistence.database import Database
from tests.support.postgres import PrivatePostgres, run_roles_script

ODD = "p@ss:w/ord#1%2$x'\"\\ ü?&"
PASSWORDS = {f"{owner}_PASSWORD": f"{ODD}{owner}" for owner in ("OWNER", "ENROLMENT", "TARGETS", "NOTIFICATIONS")}

ROWS = (
    "INSERT INTO outbox (type, body) VALUES ('t', '{}')",
    "UPDATE outbox SET type = 'u'",
    "SELECT FROM outbox",
    "DELETE FROM outbox",
)
MORE = (
    "CREATE TABLE other ()",
    "CREATE TEMP TABLE other ()",
    "DROP TABLE outbox",
    "TRUNCATE outbox",
    "ALTER TABLE outbox ADD COLUMN n int",
    "CREATE SCHEMA other",
    "CREATE ROLE other",
    "CREATE DATABASE other",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SET ROLE drive_owner",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY outbox TO PROGRAM 'true'",
)
"""What the role of a service does, and what it may not."""
ADDED = (
    "INSERT INTO audit_entries VALUES (1, now(), 'CT', 'CT', 'read', 'GET /', '{}', '{}', 'request-1', '')",
    "SELECT FROM audit_entries",
)
CHANGED = (
    "UPDATE audit_entries SET subject = 'nobody'",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries",
    "ALTER TABLE audit_entries DISABLE TRIGGER USER",
    "SET session_replication_role = replica",
)
"""The same of the audit trail."""


async def tried(postgres: PrivatePostgres, role: str, database: str, statements: Sequence[str]) -> list[str]:
    """What happened to each statement: `done`, or the error's name."""
    password = PASSWORDS[f"{role.removeprefix('drive_').upper()}_PASSWORD"]
    connection = await asyncpg.connect(
        host="127.0.0.1", port=postgres.url.port, user=role, password=password, database=database
    )
    outcomes = []
    try:
        for statement in statements:
            try:
                await connection.execute(statement)
                outcomes.append("done")
            except asyncpg.PostgresError as error:
                outcomes.append(type(error).__name__)
    finally:
        await connection.close()
    return outcomes


@pytest.fixture
def postgres(private_postgres: PrivatePostgres) -> PrivatePostgres:
    """A server with the roles, that asks everybody but its superuser for a password."""
    run_roles_script(private_postgres.url, PASSWORDS)
    private_postgres.admit("host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256")
    return private_postgres


async def migrate_as_owner(postgres: PrivatePostgres) -> None:
    """As the container `migrate` does."""
    for service in SERVICES:
        owner = postgres.url.set(username="drive_owner", password=PASSWORDS["OWNER_PASSWORD"])
        await upgrade(service, owner.set(database=f"drive_{service}"))


async def test_the_owner_migrates_and_each_role_is_ready_and_reads_and_writes_rows_alone(
    postgres: PrivatePostgres,
) -> None:
    await migrate_as_owner(postgres)
    for service in SERVICES:
        role = f"drive_{service}"
        url = postgres.url.set(username=role, password=PASSWORDS[f"{service.upper()}_PASSWORD"], database=role)
        database = Database(url, schema_of(service))
        assert await database.check() is None
        await database.close()
        assert await tried(postgres, role, role, ROWS) == ["done"] * len(ROWS)
        assert await tried(postgres, role, role, MORE) == ["InsufficientPrivilegeError"] * len(MORE)


async def test_the_role_of_enrolment_adds_to_the_audit_trail_and_cannot_change_it(postgres: PrivatePostgres) -> None:
    await migrate_as_owner(postgres)
    for statements, outcome in ((ADDED, "done"), (CHANGED, "InsufficientPrivilegeError")):
        assert await tried(postgres, "drive_enrolment", "drive_enrolment", statements) == [outcome] * len(statements)
    await asyncio.to_thread(run_roles_script, postgres.url, PASSWORDS)
    assert await rights_on_audit(postgres) == {"INSERT", "SELECT"}


async def rights_on_audit(postgres: PrivatePostgres) -> set[str]:
    """What the role of enrolment was granted; a refusal alone could be that of the triggers."""
    url = postgres.url.set(drivername="postgresql", database="drive_enrolment")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        found = await connection.fetch(
            "SELECT acl.privilege_type FROM pg_class, aclexplode(relacl) AS acl"
            " WHERE relname = 'audit_entries' AND acl.grantee = 'drive_enrolment'::regrole"
        )
    finally:
        await connection.close()
    return {row[0] for row in found}


async def test_no_role_reaches_the_database_of_another_service(postgres: PrivatePostgres) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await tried(postgres, "drive_notifications", "drive_enrolment", ["SELECT"])


async def test_the_owner_is_no_superuser(postgres: PrivatePostgres) -> None:
    refused = ("CREATE DATABASE other", "CREATE ROLE other", "SELECT pg_read_file('/etc/passwd')")
    outcomes = await tried(postgres, "drive_owner", "drive_targets", refused)
    assert outcomes == ["InsufficientPrivilegeError"] * len(refused)


async def test_run_again_it_changes_passwords_and_takes_over_tables_that_a_superuser_made(
    private_postgres: PrivatePostgres,
) -> None:
    for service in SERVICES:
        await upgrade(service, private_postgres.url.set(database=f"drive_{service}"))
    await asyncio.to_thread(run_roles_script, private_postgres.url, dict.fromkeys(PASSWORDS, "old"))
    await asyncio.to_thread(run_roles_script, private_postgres.url, PASSWORDS)
    private_postgres.admit("host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256")
    for service in SERVICES:
        name = f"drive_{service}"
        assert await tried(private_postgres, name, name, ["SELECT FROM outbox", "DROP TABLE outbox"]) == [
            "done",
            "InsufficientPrivilegeError",
        ]
    outcomes = await tried(
        private_postgres,
        "drive_owner",
        "drive_targets",
        ("ALTER TABLE outbox ADD COLUMN n int", "DROP VIEW parked_events"),
    )
    assert outcomes == ["done", "done"]

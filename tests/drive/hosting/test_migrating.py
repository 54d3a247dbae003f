"""Whoever starts the services migrates each database once its server is there, whatever becomes of the others'."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.engine import URL

from drive.hosting.configuration import read_configuration
from drive.hosting.migrating import migrated
from drive.hosting.services import SERVICES, ServiceName
from services.persistence.database import Database
from tests.support.logged import logged
from tests.support.postgres import PrivatePostgres
from tests.support.waiting import eventually

NOWHERE = URL.create("postgresql+asyncpg", "nobody", None, "127.0.0.1", 1, "nothing")


async def execute(url: URL, sql: str) -> None:
    """In a transaction of its own."""
    database = Database(url)
    try:
        async with database.write() as work:
            await work.execute(text(sql))
    finally:
        await database.close()


async def test_databases_that_come_up_together_are_migrated_each_with_its_own_migrations(
    private_postgres: PrivatePostgres,
) -> None:
    await asyncio.to_thread(private_postgres.stop)
    urls = {service: private_postgres.url.set(database=f"drive_{service}") for service in SERVICES}
    with logged() as lines:

        async def outcomes() -> list[tuple[str, str]]:
            told = [(line["event"], line["service"]) for line in lines if "service" in line]
            return sorted(each for each in told if each[0] != "waiting_for_database")

        async with migrated(read_configuration({}), urls):
            await asyncio.to_thread(private_postgres.start)
            await eventually(outcomes, sorted(("migrated", service) for service in SERVICES))


async def test_neither_a_server_that_is_away_nor_a_migration_that_fails_holds_up_the_others(
    private_postgres: PrivatePostgres,
) -> None:
    blocked = private_postgres.url
    await execute(blocked, "CREATE TABLE units (of_somebody_else integer)")
    await asyncio.to_thread(private_postgres.stop)
    urls: Mapping[ServiceName, URL] = {
        "enrolment": NOWHERE,
        "targets": blocked,
        "notifications": blocked.set(database="notifications"),
    }
    with logged() as lines:

        async def outcomes() -> set[tuple[str, str]]:
            told = {(line["event"], line["service"]) for line in lines if "service" in line}
            return {each for each in told if each[0] != "waiting_for_database"}

        async with migrated(read_configuration({}), urls):
            await asyncio.to_thread(private_postgres.start)
            await eventually(outcomes, {("migrated", "notifications"), ("not_migrated", "targets")})
            await execute(blocked, "DROP TABLE units")
            await eventually(
                outcomes, {("migrated", "notifications"), ("not_migrated", "targets"), ("migrated", "targets")}
            )
    assert all(line["exc_info"] for line in lines if line["event"] == "not_migrated")

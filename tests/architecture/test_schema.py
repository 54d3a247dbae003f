"""The tables that the code describes are the tables that the migrations make."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from migrations.upgrade import upgrade
from services.settings import SERVICES, ServiceName
from tests.support.postgres import Databases

PACKAGES = {"enrolment": "enrolment_api", "targets": "targets_api", "notifications": "notifications"}


def described(service: ServiceName) -> MetaData:
    """The metadata of a service, with the tables of all its topics."""
    package = importlib.import_module(PACKAGES[service])
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".tables." in module.name:
            importlib.import_module(module.name)
    metadata: MetaData = importlib.import_module(f"{package.__name__}.tables.base").Base.metadata
    return metadata


def differences(connection: Connection, metadata: MetaData) -> list[object]:
    """What a migration would have to change."""
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrated_database_is_the_one_the_code_describes(service: ServiceName, databases: Databases) -> None:
    url = await databases.create(service)
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            assert len(described(service).tables) > 2
            assert await connection.run_sync(differences, described(service)) == []
    finally:
        await engine.dispose()
        await databases.drop(url)


async def test_a_difference_is_found(databases: Databases) -> None:
    url = await databases.create("enrolment")
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE outbox ALTER body DROP NOT NULL"))
            assert await connection.run_sync(differences, described("enrolment"))
    finally:
        await engine.dispose()
        await databases.drop(url)


@pytest.mark.parametrize("service", SERVICES)
async def test_migrating_again_changes_nothing(service: ServiceName, databases: Databases) -> None:
    url = await databases.create(service)
    try:
        await upgrade(service, url)
        await upgrade(service, url)
    finally:
        await databases.drop(url)

"""Every statement that stands as a constant is one that PostgreSQL takes, with the columns that its rows have."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
import pytest
from sqlalchemy import text

from drive.hosting.services import PACKAGES, SERVICES, ServiceName, schema_of
from services.persistence.statements import Query
from services.persistence.versions import CHANGE_LOG, VERSIONS
from tests.architecture.statements import Constant, constants_of, field_names
from tests.support.postgres import Databases

READING = ("targets_api.progress.", "targets_api.remembering.")
CHASSIS = list(constants_of("services"))


def constants_for(service: ServiceName) -> list[Constant]:
    """The service's own, and those of the chassis whose tables it has."""
    tables = schema_of(service).metadata.tables.keys()
    shared = [constant for constant in CHASSIS if constant.tables_among(ALL_TABLES) <= tables]
    return [*constants_of(PACKAGES[service]), *shared]


ALL_TABLES = {name for service in SERVICES for name in schema_of(service).metadata.tables}


async def refusals(connection: asyncpg.Connection, constants: Sequence[Constant]) -> list[str]:
    """What PostgreSQL refuses to prepare, and what returns other columns than its rows have fields."""
    found = []
    for constant in constants:
        try:
            prepared = await connection.prepare(constant.sql)
        except asyncpg.PostgresError as error:
            found.append(f"{constant}: {error}")
            continue
        columns = tuple(attribute.name for attribute in prepared.get_attributes())
        if constant.fields is not None and columns != constant.fields:
            found.append(f"{constant}: columns {columns}, fields {constant.fields}")
    return found


async def connected(databases: Databases, service: ServiceName) -> asyncpg.Connection:
    """A connection to a fresh database of the service."""
    url = await databases.create(service)
    return await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


@pytest.mark.parametrize("service", SERVICES)
async def test_every_statement_is_prepared_by_the_migrated_database(service: ServiceName, databases: Databases) -> None:
    connection = await connected(databases, service)
    try:
        assert await refusals(connection, constants_for(service)) == []
    finally:
        await connection.close()


def test_every_statement_of_the_chassis_belongs_to_a_service() -> None:
    prepared = {str(constant) for service in SERVICES for constant in constants_for(service)}
    assert {str(constant) for constant in CHASSIS} <= prepared


@pytest.mark.parametrize("service", SERVICES)
def test_statements_are_found_in_every_store(service: ServiceName) -> None:
    modules = {constant.module.rpartition(".")[2] for constant in constants_of(PACKAGES[service])}
    assert {"store", "queries"} <= modules


class Wrong(NamedTuple):
    """Not what the statement below returns."""

    id: int


async def test_a_wrong_statement_and_a_wrong_row_are_found(databases: Databases) -> None:
    unknown = Constant("x", "UNKNOWN", text("SELECT nothing FROM units WHERE code = :code"))
    query = Query(Wrong, text("SELECT code FROM units"))
    misread = Constant("x", "MISREAD", query.statement, field_names(query))
    connection = await connected(databases, "targets")
    try:
        found = await refusals(connection, [unknown, misread, dataclasses.replace(misread, fields=("code",))])
    finally:
        await connection.close()
    assert [refusal.partition(":")[0] for refusal in found] == ["x.UNKNOWN", "x.MISREAD"]


def test_progress_is_read_from_tables_whose_changes_bump_the_version() -> None:
    schema = schema_of("targets")
    read = [c for c in constants_of("targets_api") if c.module.startswith(READING)]
    assert read
    used = frozenset[str]().union(*(constant.tables_among(schema.metadata.tables.keys()) for constant in read))
    assert used - {VERSIONS, CHANGE_LOG} <= schema.versioned | schema.derived

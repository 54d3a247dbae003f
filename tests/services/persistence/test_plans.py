"""Plans that PostgreSQL keeps for a connection are made anew for tables that have grown."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from services.ids import new_id
from services.persistence.database import Database
from services.persistence.unnest import columns_of, insert_many
from tests.services.persistence.test_database import Thing
from tests.support.plans import UNTIL_KEPT, read_by

MANY = 2_000
LOOK_UP = text("SELECT name FROM things WHERE id = CAST(:id AS uuid)")


async def look_up(database: Database, thing: UUID) -> None:
    """In a unit of work of its own, by its key."""
    async with database.read() as session:
        assert (await session.scalars(LOOK_UP, {"id": thing})).all() is not None


@pytest.fixture
async def grown(database: Database) -> tuple[Database, UUID]:
    """A table that was known to be empty when its plan was made, and one of its many rows."""
    ids = [new_id() for _ in range(MANY)]
    async with database.write() as work:
        await work.execute(text("CREATE TABLE things (id uuid PRIMARY KEY, name text NOT NULL UNIQUE, size integer)"))
        await work.execute(text("ANALYZE things"))
    for _ in range(UNTIL_KEPT):
        await look_up(database, ids[0])
    async with database.write() as work:
        rows = [{"id": each, "name": f"thing {number}", "size": 1} for number, each in enumerate(ids)]
        await work.execute(insert_many(Thing), columns_of(rows))
    return database, ids[0]


@pytest.mark.parametrize(("seconds", "read"), [(3_600, MANY), (0, 1)])
async def test_a_plan_is_kept_for_its_seconds_and_made_anew_then(
    grown: tuple[Database, UUID], monkeypatch: pytest.MonkeyPatch, seconds: float, read: int
) -> None:
    monkeypatch.setattr("services.persistence.database.PLANS_SECONDS", seconds)
    database, thing = grown
    assert await read_by(database, look_up(database, thing), "things") == read


async def test_a_connection_that_is_held_plans_anew_in_its_next_transaction(
    grown: tuple[Database, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, _ = grown
    discarded = text(
        "SELECT coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements"
        " WHERE statement = 'DISCARD PLANS'"
    )
    monkeypatch.setattr("services.persistence.database.PLANS_SECONDS", 0)
    async with database.engine.connect() as connection:
        seen = []
        for _ in range(3):
            async with connection.begin():
                seen.append(await connection.scalar(discarded))
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]

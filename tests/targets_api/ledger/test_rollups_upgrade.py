"""An upgrade rolls up what was counted before there were rollups."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from migrations.upgrade import upgrade
from services.persistence.database import Database
from targets_api.ledger.rollups import roll_up
from tests.support.postgres import Databases
from tests.targets_api.ledger.test_rollups import FOUND, LEAVES

HISTORY: Final = """
    INSERT INTO unit_ancestors VALUES ('38', '38', 0), ('15142', '15142', 0), ('15142', '38', 1);
    INSERT INTO organisation_ancestors VALUES ('CT', 'CT', 0), ('CT', 'VNPOST', 1);
    INSERT INTO tallies
    SELECT unit, scheme, '2025-01-01'::date + day, kind, 'CT', 'CT-0' || day % 3, day % 7, day % 2
    FROM generate_series(0, 399) day, unnest('{15142,38}'::text[]) unit,
        unnest('{household_health,voluntary_social}'::text[]) scheme, unnest('{new,renewal}'::text[]) kind
"""


async def test_an_upgrade_rolls_up_what_was_counted_and_goes_on_where_it_broke_off(databases: Databases) -> None:
    url = await databases.create("empty")
    database = Database(url)
    try:
        await upgrade("targets", url, "targets_0014")
        async with database.write() as work:
            for statement in HISTORY.split(";"):
                await work.execute(text(statement))
        await upgrade("targets", url, "targets_0015")
        async with database.write() as work:
            await work.execute(text("UPDATE alembic_version SET version_num = 'targets_0014'"))
            await work.execute(text("UPDATE tallies SET n = n + 1 WHERE day = '2025-03-05'"))
        await upgrade("targets", url)
        await roll_up(database)
        async with database.read() as session:
            for tree in ("unit", "organisation"):
                found = [tuple(row) for row in await session.execute(text(FOUND.format(tree=tree)))]
                leaves = await session.execute(text(LEAVES.format(tree=tree)))
                assert found == [tuple(row) for row in leaves]
                assert found
    finally:
        await database.close()
        await databases.drop(url)

"""An upgrade splits what is in the ledger, and goes on where it broke off."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from migrations.upgrade import upgrade
from services.persistence.database import Database
from targets_api.ledger.splits import split
from tests.support.postgres import Databases

ENTRIES: Final = """
    INSERT INTO ledger (enrolment_id, unit_code, organisation_code, collector_code, scheme, kind, signed_on,
                        covered_from, covered_to, version, cancelled, amount_paid, channel, details_version)
    SELECT gen_random_uuid(), '15142', 'CT', 'CT-07', 'household_health', 'new', '2025-10-25', '2025-11-24',
           '2026-11-23', version, n = 1, 5, 'home_visit', details
    FROM (VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1), (4, 1, NULL)) AS entries (n, version, details)
"""
"""One that is cancelled, one that stands, one whose details are of another version, and one without any."""
TREE: Final = "INSERT INTO unit_ancestors VALUES ('38', '38', 0), ('15142', '15142', 0), ('15142', '38', 1)"
ROLLED_UP: Final = """
    SELECT span, value, n_new, cancelled_new, amount_new FROM split_rollups
    WHERE unit_code = '38' AND split = 'channel' ORDER BY span, value
"""


async def test_an_upgrade_splits_what_is_in_the_ledger_and_goes_on_where_it_broke_off(databases: Databases) -> None:
    url = await databases.create("empty")
    database = Database(url)
    try:
        await upgrade("targets", url, "targets_0019")
        async with database.write() as work:
            for statement in (TREE, ENTRIES):
                await work.execute(text(statement))
        await upgrade("targets", url, "targets_0020")
        async with database.write() as work:
            await work.execute(text("UPDATE alembic_version SET version_num = 'targets_0019'"))
            await work.execute(text(ENTRIES))
        await upgrade("targets", url)
        await split(database)
        async with database.read() as session:
            found = [tuple(row) for row in await session.execute(text(ROLLED_UP))]
        assert found == [
            (span, *sums) for span in ("day", "month") for sums in (("", 4, 0, 0), ("home_visit", 2, 2, 10))
        ]
    finally:
        await database.close()
        await databases.drop(url)

"""Units that are known from the day of the migration on."""

from __future__ import annotations

from migrations.upgrade import upgrade
from tests.architecture.test_version_before import all_rows, run
from tests.notifications.ownership.test_migration import ALERTS
from tests.support.postgres import Databases


async def test_units_of_the_alerts_that_are_there_are_known_below_any_published_version(databases: Databases) -> None:
    url = await databases.create("empty")
    try:
        await upgrade("notifications", url, "notifications_0008")
        await run(url, ALERTS)
        await run(url, """UPDATE alerts SET path = '["38", "15142"]' WHERE id = 'TWO'""")
        await upgrade("notifications", url)
        units = sorted((await all_rows(url))["units"], key=lambda unit: str(unit["code"]))
        assert [(unit["code"], unit["version"]) for unit in units] == [("15142", 0), ("38", 0)]
    finally:
        await databases.drop(url)


async def test_units_whose_level_was_not_kept_are_below_any_published_version_so_that_they_are_asked_for(
    databases: Databases,
) -> None:
    url = await databases.create("empty")
    try:
        await upgrade("notifications", url, "notifications_0009")
        await run(url, "INSERT INTO units VALUES ('38', 7)")
        await upgrade("notifications", url)
        assert (await all_rows(url))["units"] == [{"code": "38", "version": 0, "name": None, "level": None}]
    finally:
        await databases.drop(url)

"""Alerts that were raised before it was kept whose they are."""

from __future__ import annotations

from migrations.upgrade import upgrade
from tests.architecture.test_version_before import IDS, all_rows, run
from tests.support.postgres import Databases

ALERTS = """
    INSERT INTO alerts VALUES
        ('ONE', 'ONE', 1, 'open', 'warning', '{}', '["38"]', '{}', 'Cẩm Thạch', NULL, 'household_health', 'new',
         '2025-10-01', '2025-12-31', now(), NULL, NULL, NULL, 1, 1),
        ('TWO', 'ONE', 2, 'resolved', 'critical', '{}', '[]', '{}', NULL, 'Q4', 'household_health', 'coverage',
         '2025-10-01', '2025-12-31', now(), now(), 'A Person', now(), 3, 4)
"""


async def test_an_alert_that_is_there_already_belongs_to_the_organisation_that_it_names(databases: Databases) -> None:
    url = await databases.create("empty")
    try:
        await upgrade("notifications", url, "notifications_0007")
        await run(url, ALERTS)
        await run(
            url, """UPDATE alerts SET subject = '{"organisation_code": "CT", "unit_code": "38"}' WHERE id = 'ONE'"""
        )
        await run(url, """UPDATE alerts SET subject = '{"organisation_code": null}' WHERE id = 'TWO'""")
        await upgrade("notifications", url)
        owners = {row["id"]: row["owner"] for row in (await all_rows(url))["alerts"]}
        assert owners == {IDS["ONE"]: "CT", IDS["TWO"]: None}
        assert (await all_rows(url))["alert_owners"] == [{"organisation_code": "CT", "alert_id": IDS["ONE"]}]
    finally:
        await databases.drop(url)

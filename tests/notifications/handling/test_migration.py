"""Timelines of alerts that were raised before these were kept."""

from __future__ import annotations

from migrations.upgrade import upgrade
from tests.architecture.test_version_before import IDS, all_rows, run
from tests.support.postgres import Databases

ALERTS = """
    INSERT INTO alerts
        (id, target_id, episode, status, severity, subject, path, figures, scheme, measure, starts_on, ends_on,
         raised_at, acknowledged_at, acknowledged_by, acknowledged_name, acknowledged_subject, resolved_at, resolution,
         version, last_revision)
    VALUES
        ('ONE', 'ONE', 1, 'resolved', 'critical', '{}', '["38"]', '{}', 'household_health', 'new', '2025-10-01',
         '2025-12-31', '2025-10-26 01:00Z', '2025-10-26 02:00Z', 'CT', 'Hoa', 'hoa', '2025-10-26 04:00Z', 'withdrawn',
         4, 4),
        ('TWO', 'ONE', 2, 'open', 'warning', '{}', '[]', '{}', 'household_health', 'coverage', '2025-10-01',
         '2025-12-31', '2025-10-26 03:00Z', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1)
"""


async def test_a_timeline_begins_with_what_is_known_of_the_alert_in_the_order_of_time(databases: Databases) -> None:
    url = await databases.create("empty")
    try:
        await upgrade("notifications", url, "notifications_0015")
        await run(url, ALERTS)
        await upgrade("notifications", url)
        rows = sorted((await all_rows(url))["alert_timeline"], key=lambda row: row["seq"])
        told = [
            tuple(row[name] for name in ("alert_id", "kind", "status", "version", "organisation_code", "subject"))
            for row in rows
        ]
        one, two = IDS["ONE"], IDS["TWO"]
        assert told == [
            (one, "raised", "open", 1, None, None),
            (one, "acknowledged", "acknowledged", None, "CT", "hoa"),
            (two, "raised", "open", 1, None, None),
            (one, "resolved", "resolved", None, None, None),
        ]
        assert [row["reason"] for row in rows][3] == "the target was withdrawn"
    finally:
        await databases.drop(url)

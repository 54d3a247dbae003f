"""The alert that is stored with each delivery: what earlier versions stored is sent as it is."""

from __future__ import annotations

import json

from tests.notifications.receiver import Receiver
from tests.notifications.service import NotificationsService, an_episode

STORED = """{"id": "0199f0a0-0000-7000-8000-000000000001", "path": ["38", "15142"], "scheme": "household_health",
 "status": "open", "ends_on": "2025-12-31", "episode": 1, "figures": {"on": "2025-10-26", "ratio": 0.23,
 "value": 0.9515, "achieved": 0.7512, "attained": 0.062, "expected": 0.27, "short_by": 1187, "needed_per_day": null},
 "measure": "coverage", "subject": {"unit_code": "15142", "collector_code": null, "organisation_code": null},
 "version": 1, "severity": "warning", "raised_at": "2025-10-26T01:30:00.123456Z", "starts_on": "2025-10-01",
 "target_id": "0199f0a0-0000-7000-8000-000000000002", "unit_name": "Xã Cẩm Thạch", "resolved_at": null,
 "target_name": null, "acknowledged_at": null, "acknowledged_by": null}"""
"""As version 1 stored it."""
STORE = "UPDATE deliveries SET alert = CAST(:alert AS jsonb) WHERE id = :id"


async def test_an_alert_stored_by_an_earlier_version_is_sent_as_it_is(
    service: NotificationsService, receiver: Receiver
) -> None:
    receiver.secret = (await service.put_route("ops", receiver.url))["secret"]
    await service.handle(an_episode().fell_behind())
    [delivery] = await service.deliveries()
    await service.execute(STORE, alert=STORED, id=delivery["id"])
    await service.sender().send_due()
    [call], stored = receiver.calls, json.loads(STORED)
    expected = {name: value for name, value in stored.items() if value is not None and name != "id"}
    expected |= {"alert_id": stored["id"], "at": call.body["time"]}
    assert call.body["data"] == expected | {"figures": stored["figures"], "subject": stored["subject"]}
    assert (call.body["subject"], call.body["correlationid"]) == (stored["id"], stored["id"])


async def test_what_is_stored_has_the_fields_that_earlier_versions_read(service: NotificationsService) -> None:
    await service.put_route("ops", "ops@example.org")
    await service.handle(an_episode().fell_behind())
    [row] = await service.query("SELECT alert FROM deliveries")
    expected = json.loads(STORED)
    assert row.alert.keys() >= expected.keys()
    assert row.alert["figures"].keys() == expected["figures"].keys()
    assert row.alert["subject"] == expected["subject"]


async def test_a_stored_alert_that_cannot_be_read_fails_its_own_delivery_only(
    service: NotificationsService, receiver: Receiver
) -> None:
    receiver.secret = (await service.put_route("ops", receiver.url))["secret"]
    await service.handle(an_episode().fell_behind(), an_episode().fell_behind())
    broken, whole = await service.deliveries()
    await service.execute(STORE, alert=STORED.replace('"open"', '"lost"'), id=broken["id"])
    await service.sender().send_due()
    broken, whole = await service.deliveries()
    assert (broken["state"], broken["last_error"]) == ("failed", "the stored alert cannot be read: status")
    assert whole["state"] == "sent"

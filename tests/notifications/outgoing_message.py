"""A message as a sender has claimed it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from notifications.messages.alert_snapshot import ReportedAlert
from notifications.messages.outgoing_message import Notice, OutgoingMessage
from services.ids import new_id


def an_outgoing_message(
    unit_name: str = "Xã Cẩm Thạch", *, address: str = "ops@example.org", **more: Any
) -> OutgoingMessage:
    """The first message of an alert."""
    at = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    alert = ReportedAlert.model_validate(
        {
            "id": new_id(),
            "status": "open",
            "severity": "critical",
            "subject": {"unit_code": "15142"},
            "path": ["38", "15142"],
            "unit_name": unit_name,
            "target_id": new_id(),
            "target_name": more.pop("target_name", None),
            "episode": 1,
            "scheme": "household_health",
            "measure": "coverage",
            "starts_on": "2025-10-01",
            "ends_on": "2025-12-31",
            "figures": {
                "on": "2025-10-26",
                "value": 0.9515,
                "achieved": 0.7512,
                "attained": 0.062,
                "expected": 0.27,
                "ratio": 0.23,
                "short_by": 1187,
                "needed_per_day": 79.9,
            },
            "raised_at": at,
            "acknowledged_at": None,
            "acknowledged_by": None,
            "resolved_at": None,
            "version": 1,
        }
    )
    notice = Notice(more.pop("change", "raised"), more.pop("alert", alert), at, more.pop("earlier", ()))
    values: dict[str, Any] = {
        "id": new_id(),
        "attempt": 1,
        "route_name": "ops",
        "channel": "mail",
        "address": address,
        "secret": None,
        "previous_secret": None,
        "leased_until": at,
        "notices": (notice,),
    }
    return OutgoingMessage(**values | more)

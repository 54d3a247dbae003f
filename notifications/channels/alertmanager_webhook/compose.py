"""The body of a webhook as Alertmanager sends it, version 4. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifications.channels.alertmanager.alerts import Alert, alerts_of
from notifications.messages.outgoing_message import OutgoingMessage

_NEVER: Final = "0001-01-01T00:00:00Z"
"""The end of an alert that is open: Go's zero time."""


def body_of(message: OutgoingMessage, public_url: str | None) -> str:
    """One JSON object (prometheus.io, "Alertmanager configuration", webhook_config)."""
    alerts = alerts_of(message, public_url)
    group = {"alertname": alerts[0].labels["alertname"]} | ({"group": message.group_code} if message.group_code else {})
    body = {
        "version": "4",
        "groupKey": "{}:" + json.dumps(group, sort_keys=True),
        "truncatedAlerts": message.more,
        "status": "resolved" if all(alert.ends_at for alert in alerts) else "firing",
        "receiver": message.route_name,
        "groupLabels": group,
        "commonLabels": _common([alert.labels for alert in alerts]),
        "commonAnnotations": _common([alert.annotations for alert in alerts]),
        "externalURL": public_url or "",
        "alerts": [_shown(alert) for alert in alerts],
    }
    return json.dumps(body)


def _shown(alert: Alert) -> dict[str, Any]:
    return {
        "status": "resolved" if alert.ends_at else "firing",
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": alert.starts_at.isoformat(),
        "endsAt": alert.ends_at.isoformat() if alert.ends_at else _NEVER,
        "generatorURL": alert.url or "",
        "fingerprint": _fingerprint(alert.labels),
    }


def _fingerprint(labels: Mapping[str, str]) -> str:
    """16 hexadecimal digits, the same for the same labels."""
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


def _common(maps: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all have."""
    return {name: value for name, value in maps[0].items() if all(each.get(name) == value for each in maps)}

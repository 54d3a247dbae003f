"""Which alerts come first, and which of several are shown as pictures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from notifications.messages.outgoing_message import Notice

MOST_CHARTS: Final = 5
"""Pictures of one message: each takes some kilobytes, and a glance."""


def gravest(notices: Sequence[Notice]) -> list[Notice]:
    """The gravest first: what is unresolved, critical, and short by most persons."""
    return sorted(notices, key=_gravity)


def charted(notices: Sequence[Notice]) -> list[Notice]:
    """Those that are shown as pictures."""
    return gravest(notices)[:MOST_CHARTS]


def _gravity(notice: Notice) -> tuple[bool, bool, float]:
    alert = notice.alert
    return alert.status == "resolved", alert.severity != "critical", -alert.figures.short_by

"""An Alertmanager as a kind of channel."""

from __future__ import annotations

from notifications.channels.alertmanager.address import check_address
from notifications.channels.alertmanager.send import open_alertmanager
from notifications.channels.kind import ChannelKind

ALERTMANAGER = ChannelKind(check_address=check_address, open=open_alertmanager, repeatable=True)
"""Repeatable: labels identify an alert."""

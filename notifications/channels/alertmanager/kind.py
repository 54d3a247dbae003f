"""An Alertmanager as a kind of channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from notifications.channels.alertmanager.address import check_address
from notifications.channels.alertmanager.credentials import shown
from notifications.channels.alertmanager.send import open_alertmanager
from notifications.channels.kind import ChannelKind

_REPEAT: Final = timedelta(minutes=30)
"""For so long one that was restarted may know nothing. What it knows already wakes nobody."""
ALERTMANAGER = ChannelKind(
    check_address=check_address, open=open_alertmanager, shown=shown, repeatable=True, repeat=_REPEAT
)
"""Repeatable: labels identify an alert. An address with a password is shown without it."""

"""Chat as a kind of channel."""

from __future__ import annotations

from notifications.channels.chat.address import check_address, shown
from notifications.channels.chat.send import open_chat
from notifications.channels.kind import ChannelKind

CHAT = ChannelKind(check_address=check_address, open=open_chat, shown=shown, digests=True)

"""Mail as a kind of channel."""

from __future__ import annotations

from notifications.channels.kind import ChannelKind
from notifications.channels.mail.address import check_address
from notifications.channels.mail.send import missing_server, open_mail

MAIL = ChannelKind(check_address=check_address, open=open_mail, missing=missing_server, details=True, digests=True)

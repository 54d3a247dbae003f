"""Webhooks as a kind of channel."""

from __future__ import annotations

from notifications.channels.kind import ChannelKind
from notifications.channels.webhook.address import check_address
from notifications.channels.webhook.secret import new_secret
from notifications.channels.webhook.send import open_webhooks

WEBHOOK = ChannelKind(check_address=check_address, open=open_webhooks, new_secret=new_secret, repeatable=True)
"""Repeatable: each attempt carries the same `webhook-id`."""

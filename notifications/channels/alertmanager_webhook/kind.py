"""Webhooks in Alertmanager's format as a kind of channel."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from functools import partial

from notifications.channels.alertmanager_webhook.compose import body_of
from notifications.channels.kind import ChannelEnvironment, ChannelKind, Send
from notifications.channels.webhook.address import check_address
from notifications.channels.webhook.secret import new_secret
from notifications.channels.webhook.send import Format, open_webhooks


def _open(environment: ChannelEnvironment) -> AbstractAsyncContextManager[Send]:
    body = partial(body_of, public_url=environment.settings.public_url)
    return open_webhooks(environment, Format("application/json", body))


ALERTMANAGER_WEBHOOK = ChannelKind(check_address=check_address, open=_open, new_secret=new_secret, repeatable=True)
"""Signed and repeatable as other webhooks are."""

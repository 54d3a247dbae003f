"""Pushes alerts to the API of an Alertmanager, version 2."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from notifications.channels.alertmanager.alerts import Alert, alerts_of
from notifications.channels.alertmanager.credentials import Target, target_of
from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.webhook.client import open_client
from notifications.domain.delivery import Outcome, Refused
from notifications.messages.outgoing_message import OutgoingMessage
from services.clock import told_later
from services.security.sealing import SecretLost

_PATH: Final = "/api/v2/alerts"
_HEADERS: Final = {"content-type": "application/json"}


def body_of(message: OutgoingMessage, public_url: str | None, told_later: timedelta) -> str:
    """An array of alerts, each with its end: Alertmanager gives those without one up after its resolve_timeout. It
    compares ends with its own clock, so they are real: `told_later` is taken off."""
    return json.dumps([_posted(alert, told_later) for alert in alerts_of(message, public_url)])


def _posted(alert: Alert, told_later: timedelta) -> dict[str, Any]:
    ends_at = (alert.ends_at or alert.kept_until) - told_later
    posted = {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": min(alert.starts_at, ends_at).isoformat(),
        "endsAt": ends_at.isoformat(),
    }
    return posted | ({"generatorURL": alert.url} if alert.url else {})


def _target(message: OutgoingMessage, secrets: SigningSecrets) -> Target:
    """An address that has a password is sealed as the secret of the message. Raises SecretLost."""
    return target_of(secrets.open(message.secret, message.route_name) if message.secret else message.address)


@asynccontextmanager
async def open_alertmanager(environment: ChannelEnvironment) -> AsyncIterator[Send]:
    """A route's address is that of the Alertmanager, with the path before /api where it has one."""
    public_url = environment.settings.public_url
    async with open_client(environment) as client:

        async def send(message: OutgoingMessage) -> Outcome:
            try:
                target = _target(message, environment.secrets)
            except SecretLost as error:
                return Refused(str(error))
            headers = _HEADERS | ({"authorization": target.authorization} if target.authorization else {})
            body = body_of(message, public_url, told_later(environment.clock))
            return await client.post(f"{target.address.rstrip('/')}{_PATH}", body, headers)

        yield send

"""Sends webhooks after Standard Webhooks (standardwebhooks.com): signed, without redirects, to allowed addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.signing_secrets import SigningSecrets
from notifications.channels.webhook.client import GuardedClient, open_client
from notifications.channels.webhook.compose import CONTENT_TYPE, body_of
from notifications.domain.delivery import Outcome, Refused
from notifications.messages.outgoing_message import OutgoingMessage
from services.clock import Clock
from services.security.sealing import SecretLost


@dataclass(frozen=True, slots=True)
class Format:
    """What a webhook carries."""

    content_type: str
    body_of: Callable[[OutgoingMessage], str]


class Webhooks:
    """Sends messages as signed POST requests."""

    def __init__(self, client: GuardedClient, secrets: SigningSecrets, clock: Clock, form: Format) -> None:
        self._client = client
        self._secrets = secrets
        self._clock = clock
        self._form = form

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Make one attempt; whatever the receiver or the network do, it does not raise."""
        body = self._form.body_of(message)
        try:
            headers = self._headers(message, body)
        except SecretLost as error:
            return Refused(str(error))
        return await self._client.post(message.address, body, headers)

    def _headers(self, message: OutgoingMessage, body: str) -> dict[str, str]:
        now = self._clock.now()
        return {
            "content-type": self._form.content_type,
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(self._signatures(message, now, body)),
        }

    def _signatures(self, message: OutgoingMessage, now: datetime, body: str) -> list[str]:
        """One for each valid secret, the newest first: the receiver may know either."""
        secrets = [self._secrets.open(message.secret or "", message.route_name)]
        if message.previous_secret:
            with suppress(SecretLost):
                secrets.append(self._secrets.open(message.previous_secret, message.route_name))
        return [Webhook(secret).sign(str(message.id), now, body) for secret in secrets]


@asynccontextmanager
async def open_webhooks(
    environment: ChannelEnvironment, form: Format = Format(CONTENT_TYPE, body_of)
) -> AsyncIterator[Send]:
    """Webhooks that carry CloudEvents, or another form."""
    async with open_client(environment) as client:
        yield Webhooks(client, environment.secrets, environment.clock, form).send

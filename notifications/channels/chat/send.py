"""Sends chat messages, each by a process of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from notifications.channels.chat.address import CHILD
from notifications.channels.chat.compose import compose
from notifications.channels.child import ChildFailed, ask
from notifications.channels.kind import ChannelEnvironment, Send
from notifications.channels.mail.send import sender_of
from notifications.channels.webhook.answers import of_http_answer
from notifications.domain.delivery import Outcome, Refused, Retry, Sent, Unconfirmed
from notifications.messages.outgoing_message import OutgoingMessage
from services.security.sealing import SecretLost

SECONDS: Final = 60.0
"""Once for the wait for a process, and once for its work."""
_AT_ONCE: Final = 3
"""A process takes about 60 MB, and a second of a processor."""


class Chats:
    """Sends messages by Apprise."""

    def __init__(self, environment: ChannelEnvironment, seconds: float = SECONDS) -> None:
        self._environment = environment
        self._sender = sender_of(environment)
        self._seconds = seconds
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Make one attempt; whatever the service or the network do, it does not raise."""
        try:
            question = await asyncio.to_thread(self._question, message)
        except SecretLost as error:
            return Refused(str(error))
        try:
            await asyncio.wait_for(self._places.acquire(), self._seconds)
        except TimeoutError:
            return Retry("too many chat messages are being sent", fault="sender")
        try:
            return outcome_of(await ask(CHILD, question, self._seconds))
        except TimeoutError:
            return Unconfirmed(f"no answer within {self._seconds:.0f} s: the message may have gone out")
        except ChildFailed as error:
            return of_failure(error)
        finally:
            self._places.release()

    def _question(self, message: OutgoingMessage) -> dict[str, Any]:
        settings = self._environment.settings
        chat = compose(message, self._sender)
        return {
            "do": "send",
            "url": self._environment.secrets.open(message.secret or "", message.route_name),
            "allowed": [str(network) for network in settings.webhook_allow],
            "title": chat.title,
            "text": chat.text,
            "type": chat.kind,
        }


def outcome_of(tried: dict[str, Any]) -> Outcome:
    """What the child has found."""
    if tried["sent"]:
        return Sent("the service has taken it")
    if tried["refused"]:
        return Refused(tried["refused"])
    if tried["status"]:
        return of_http_answer(tried["status"])
    if tried["silent"]:
        return Unconfirmed("no answer after the message was sent: it may have gone out")
    return Retry("the service did not take it, or cannot be reached")


def of_failure(error: ChildFailed) -> Outcome:
    """What is known where the process ended without an answer: of its error the kind alone, since what libraries say
    may hold the address, whose secrets are shown nowhere."""
    kind = re.match(r"[\w.]+", str(error))
    return Unconfirmed(f"Apprise failed, and the message may have gone out: {kind[0] if kind else 'no answer'}")


@asynccontextmanager
async def open_chat(environment: ChannelEnvironment) -> AsyncIterator[Send]:
    """Opens nothing in advance."""
    yield Chats(environment).send

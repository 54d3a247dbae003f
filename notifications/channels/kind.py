"""What a kind of channel consists of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias

from notifications.channels.answer_links import AnswerLinks
from notifications.channels.signing_secrets import SigningSecrets
from notifications.domain.delivery import Outcome
from notifications.messages.outgoing_message import OutgoingMessage
from notifications.settings import NotificationsSettings
from services.clock import Clock
from services.outages import Outage

CheckAddress: TypeAlias = Callable[[str, NotificationsSettings], Awaitable[None]]
"""Raises Invalid with the pointer /address where a route must not have this address. It may look up host names."""
Send: TypeAlias = Callable[[OutgoingMessage], Awaitable[Outcome]]
"""Makes one attempt, of three minutes at most, and returns its outcome, also where receiver or network fail."""


SHARED: Final = ("mail",)
"""Channels all of whose routes depend on one thing: for mails, on the server or the folder."""


@dataclass(frozen=True, slots=True)
class ChannelEnvironment:
    """What a channel may need to send: `secrets` opens the sealed signing secrets of routes, `links` makes tokens of
    links by which alerts are answered.

    `outages` are of what a channel needs for all of its routes, by name; they outlive the clients that it opens.
    """

    settings: NotificationsSettings
    secrets: SigningSecrets
    clock: Clock
    links: AnswerLinks | None = None
    outages: Mapping[str, Outage] = field(default_factory=lambda: {name: Outage(name) for name in SHARED})


Missing: TypeAlias = Callable[[NotificationsSettings], str | None]
"""What a channel lacks to send anything with these settings, and the remedy; None where it lacks nothing."""


def nothing_is_missing(_: NotificationsSettings) -> str | None:
    """For a channel that needs no setting."""
    return None


def nothing_is_hidden(_: str) -> str | None:
    """For a channel whose addresses are no secrets."""
    return None


OpenChannel: TypeAlias = Callable[[ChannelEnvironment], AbstractAsyncContextManager[Send]]
"""Opens the channel's clients; they are closed when the block is left."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A kind of channel.

    `new_secret` makes a signing secret, which a route then has: shown once when the route is put, and rotated by
    `POST /v1/routes/{name}/secrets`. None where the channel does not sign.

    `missing`: no route of the channel is taken while something is, and a process whose database has one is not ready.

    `shown`: for addresses that hold secrets: what is stored and shown in their place. The address itself is sealed, and
    is the secret of its messages. None for an address that holds none.

    `digests`: it has words for people, and so carries digests, too.

    `repeatable`: a receiver recognises a repeated message by its id, so that an attempt whose sender stopped before its
    end is made again. Otherwise the delivery becomes unconfirmed, and waits for a person.

    `details`: its messages show more than the alert as it is: the figures of its changes before, and what people have
    reported. Others never get what people wrote.

    `repeat`: how often its receivers are told again of everything that is unresolved, since they keep it in memory
    alone. None where a receiver remembers what it was told: then the setting and who acts decide.
    """

    check_address: CheckAddress
    open: OpenChannel
    new_secret: Callable[[], str] | None = None
    missing: Missing = nothing_is_missing
    shown: Callable[[str], str | None] = nothing_is_hidden
    repeatable: bool = False
    details: bool = False
    digests: bool = False
    repeat: timedelta | None = None

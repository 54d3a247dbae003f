"""CHANNELS: every kind of channel, by the name that a route gives as its `channel`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from notifications.channels.alertmanager.kind import ALERTMANAGER
from notifications.channels.alertmanager_webhook.kind import ALERTMANAGER_WEBHOOK
from notifications.channels.chat.kind import CHAT
from notifications.channels.kind import ChannelEnvironment, ChannelKind, Send
from notifications.channels.mail.kind import MAIL
from notifications.channels.webhook.kind import WEBHOOK
from notifications.settings import NotificationsSettings

CHANNELS: Mapping[str, ChannelKind] = {
    "webhook": WEBHOOK,
    "mail": MAIL,
    "chat": CHAT,
    "alertmanager": ALERTMANAGER,
    "alertmanager_webhook": ALERTMANAGER_WEBHOOK,
}


def repeats_of_state() -> dict[str, timedelta]:
    """How often receivers are told again that forget what is not repeated, by the name of their channel."""
    return {name: kind.repeat for name, kind in CHANNELS.items() if kind.repeat}


def new_secret(channel: str) -> str | None:
    """A new signing secret for a route of this channel; None where the channel does not sign."""
    kind = CHANNELS.get(channel)
    return kind.new_secret() if kind and kind.new_secret else None


def shown_address(channel: str, address: str) -> str | None:
    """What is shown in place of an address that holds secrets; None where it holds none."""
    return CHANNELS[channel].shown(address)


def is_repeatable(channel: str) -> bool:
    """Whether an attempt whose sender stopped before its end may be made again."""
    return channel in CHANNELS and CHANNELS[channel].repeatable


def detailed_channels() -> frozenset[str]:
    """Those whose messages have `course` and `report` of alerts."""
    return frozenset(name for name, kind in CHANNELS.items() if kind.details)


def carries_digests(channel: str) -> bool:
    """Whether digests go by this channel."""
    return channel in CHANNELS and CHANNELS[channel].digests


def channels_of_digests() -> list[str]:
    """The names of those that do."""
    return [name for name in CHANNELS if carries_digests(name)]


def missing_of(channel: str, settings: NotificationsSettings) -> str | None:
    """What the channel lacks to send anything; None where it lacks nothing, or where this version does not know it."""
    return CHANNELS[channel].missing(settings) if channel in CHANNELS else None


@asynccontextmanager
async def open_channels(environment: ChannelEnvironment) -> AsyncIterator[Mapping[str, Send]]:
    """Every channel's `send`, by its name."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(kind.open(environment)) for name, kind in CHANNELS.items()}

"""Errors of RabbitMQ and of the connections to it: which there are, and what they mean, for an operator."""

from __future__ import annotations

import asyncio
from typing import Final

import aio_pika
from aiormq import exceptions

from services.servers import Server

ERRORS: Final = (
    exceptions.AMQPError,
    aio_pika.exceptions.AMQPError,
    exceptions.ChannelInvalidStateError,
    OSError,
    asyncio.InvalidStateError,
)
_REFUSALS: Final = (exceptions.AMQPChannelError, exceptions.DeliveryError)
"""What RabbitMQ answers while it works: it closes the channel, or does not take a message."""


def why_unavailable(server: Server, error: BaseException) -> str:
    """Whether it is away or refuses what was asked, with its reply where there is one."""
    if isinstance(error, TimeoutError):
        return server.unreachable(error)
    does = "refuses" if isinstance(error, _REFUSALS) else "is away"
    return f"{server} {does}: {_reply(error) or type(error).__name__}"


def _reply(error: BaseException) -> str | None:
    """The text that RabbitMQ gave. Other errors have none, but may show the URL of the connection."""
    if isinstance(error, exceptions.PublishError):
        return f"{error.args[0]} for a message of {error.args[1]}"
    if isinstance(error, exceptions.DeliveryError):
        return "it does not confirm a message (basic.nack): a queue is full, or cannot write"
    if isinstance(error, exceptions.AMQPChannelError | exceptions.ConnectionClosed):
        return next((text for text in reversed(error.args) if isinstance(text, str) and text), None)
    return None


def why_not_connected(server: Server, path: str, error: BaseException) -> str:
    """`path` is that of its URL, which names the vhost."""
    if isinstance(error, exceptions.AuthenticationError | exceptions.ProbableAuthenticationError):
        return f"{server} refuses user or password; correct them in {server.setting}"
    if isinstance(error, exceptions.InvalidFrameError):
        return f"{server} refuses the vhost {path}: it does not exist, or the user has no rights there"
    return server.unreachable(error.__cause__ if isinstance(error.__cause__, OSError) else error)

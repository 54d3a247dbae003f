"""How commands ask the notifications service: with tokens of their own, and errors that say what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import aiohttp

from drive.client.client import Client, Refused
from drive.hosting.configuration import Configuration
from services.clock import SystemClock
from services.security.tokens import Tokens

_ORGANISATION: Final = "DRIVE"
"""For whom the command asks, as the log of requests shows it."""
_LIFETIME: Final = timedelta(minutes=5)
_OF_OTHER_KEYS: Final = 401
_REMEDY: Final = "set DRIVE_HOST and NOTIFICATIONS_PORT to where it is"


class Unanswered(OSError):
    """The service cannot be reached, or refuses; with what to do."""


@asynccontextmanager
async def asking(settings: Configuration, tokens: Tokens, scope: str) -> AsyncIterator[Client]:
    """A client with a token of the scope; what fails in the block is Unanswered."""
    token = tokens.issue(_ORGANISATION, frozenset({scope}), SystemClock().now(), _LIFETIME)
    where = settings.api_url("notifications")
    try:
        async with Client(settings.addresses(), token) as client:
            yield client
    except Refused as refusal:
        raise Unanswered(_refused(refusal) or _is_another(where)) from refusal
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = str(error) or "it takes too long"
        away = f"the notifications service does not answer at {where} ({reason}): start it, or {_REMEDY}"
        raise Unanswered(away) from error
    except ValueError as error:  # no JSON
        raise Unanswered(_is_another(where)) from error


async def ask(
    settings: Configuration,
    tokens: Tokens,
    scope: str,
    method: str,
    path: str,
    params: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The body of the answer to a request that needs the scope. Raises Unanswered."""
    async with asking(settings, tokens, scope) as client:
        answer = await client.send(method, "notifications", path, params=params)
    if not isinstance(answer, dict):
        raise Unanswered(_is_another(settings.api_url("notifications")))
    return answer


def _is_another(where: str) -> str:
    return f"what answers at {where} is not the notifications service: {_REMEDY}"


def _refused(refusal: Refused) -> str | None:
    """What the service says, which names the remedy; about a token that it does not take it cannot."""
    if "detail" not in refusal.problem:
        return None
    said = f"{refusal.problem['detail']} ({refusal.status})"
    if refusal.status == _OF_OTHER_KEYS:
        return f"{said}: set DRIVE_DATA_DIR to the data dir of the services, or DRIVE_SECRET_KEYS to their keys"
    return said

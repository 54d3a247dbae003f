"""How commands ask the notifications API: with a token of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from drive.commands.console import fail, read_settings

_ORGANISATION: Final = "DRIVE"
"""For whom the command asks, as the log of requests shows it."""
_LIFETIME: Final = timedelta(minutes=5)


async def ask(scope: str, method: str, path: str, params: Mapping[str, str] | None = None) -> Any:
    """The answer to a request that needs the scope; ends the process where it is refused."""
    from drive.client.client import Client, Refused  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.commands.token import signing_tokens  # noqa: PLC0415 - as above
    from services.clock import SystemClock  # noqa: PLC0415 - as above

    settings = read_settings()
    now = SystemClock().now()
    token = signing_tokens(settings).issue(_ORGANISATION, frozenset({scope}), now, _LIFETIME)
    try:
        async with Client(settings.addresses(), token) as client:
            return await client.send(method, "notifications", path, params=params)
    except Refused as refusal:
        fail(str(refusal))

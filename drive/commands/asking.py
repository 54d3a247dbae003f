"""How commands ask the notifications service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drive.commands.console import read_settings_alone, run


def answer_of(scope: str, method: str, path: str, params: Mapping[str, str] | None = None) -> Any:
    """What it answers to a request that needs the scope. Raises Unanswered."""
    from drive.client.asking import ask  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.commands.token import signing_tokens  # noqa: PLC0415 - as above

    settings = read_settings_alone()
    return run(ask(settings, signing_tokens(settings), scope, method, path, params))


def local_time(time: str) -> str:
    """A time of an answer as it is in Vietnam, to the minute."""
    from services.clock import BUSINESS_ZONE  # noqa: PLC0415 - as above

    return f"{datetime.fromisoformat(time).astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"

"""How commands ask the notifications service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drive.commands.console import read_settings_alone, run


def answer_of(scope: str, method: str, path: str, params: Mapping[str, str] | None = None) -> Any:
    """What it answers to a request that needs the scope. Raises Unanswered."""
    from drive.client.asking import ask  # noqa: PLC0415 - loaded by who runs it: it takes time
    from drive.commands.token import signing_tokens  # noqa: PLC0415 - as above

    settings = read_settings_alone()
    return run(ask(settings, signing_tokens(settings), scope, method, path, params))

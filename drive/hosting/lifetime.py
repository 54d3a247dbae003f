"""The first and the last line of a process in the log: what it is, with which settings, and how it ended."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog

from services.settings import Settings
from services.version import VERSION

log = structlog.get_logger(__name__)

_HIDDEN: Final = "***"
_QUERY_VALUE: Final = re.compile(r"=[^&]*")


@contextmanager
def logged_lifetime(process: str, *settings: Settings) -> Iterator[None]:
    """Log `started` when the block begins, and `stopped` when it is left, with the error where it is one."""
    loop = asyncio.get_running_loop()
    began, error = loop.time(), None
    log.info("started", process=process, version=VERSION, pid=os.getpid(), settings=shown_settings(*settings))
    try:
        yield
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        after = {"error": error} if error else {}
        log.info("stopped", process=process, version=VERSION, seconds=round(loop.time() - began, 1), **after)


def shown_settings(*settings: Settings) -> dict[str, Any]:
    """The settings by their names in the environment, without any secret."""
    found: dict[str, Any] = {}
    for each in settings:
        for name, field in type(each).model_fields.items():
            value, is_url = getattr(each, name), name.endswith("_url")
            found[str(field.validation_alias)] = _shown(value, is_url=is_url, is_secret=not field.repr)
    return found


def _shown(value: Any, *, is_url: bool, is_secret: bool) -> Any:
    if value is None:
        return None
    if is_url:
        return _without_password(str(value))
    if is_secret:
        return _HIDDEN
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return value if isinstance(value, int | float) else str(value)


def _without_password(url: str) -> str:
    """By the last `@`: what comes before it may be a password that holds any sign."""
    before, at, after = url.rpartition("@")
    scheme, _, credentials = before.partition("://")
    user = credentials.partition(":")[0]
    where, mark, query = after.partition("?")
    return f"{scheme}://{user}:{_HIDDEN}@" * bool(at) + where + mark + _QUERY_VALUE.sub(f"={_HIDDEN}", query)

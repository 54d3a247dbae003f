"""A table in the terminal that is kept up to date."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live

from drive.alerts.tables import listed
from drive.alerts.wanted import Heard
from drive.client.asking import Unanswered


async def watch(
    console: Console,
    look: Callable[[], Awaitable[list[Any]]],
    heard: AsyncIterator[Heard],
    clock: Callable[[], datetime],
    *,
    most: int,
) -> None:
    """Show the alerts, and look again whenever it is heard that some have changed, until it is cancelled. While the
    service cannot be asked, the table stays as it was, and says why. Raises Unanswered where it cannot be asked at
    first."""
    alerts, seen_at = await look(), clock()
    is_old = False
    with Live(listed(alerts, seen_at, most=most), console=console, auto_refresh=False) as live:
        async for changed, failure in heard:
            is_old |= changed
            try:
                if is_old and not failure:
                    alerts, is_old = await look(), False
            except Unanswered as error:
                failure = str(error)  # noqa: PLW2901 - it cannot be asked, either way
            if not failure:
                seen_at = clock()
            told = failure and f"cannot be asked, is asked again: {failure}"
            live.update(listed(alerts, seen_at, most=most, failure=told), refresh=True)

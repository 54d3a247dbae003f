"""A table in the terminal that is kept up to date."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live

from drive.alerts.tables import listed
from drive.client.asking import Unanswered
from services.waiting import poll


async def watch(
    console: Console,
    look: Callable[[], Awaitable[list[Any]]],
    clock: Callable[[], datetime],
    *,
    most: int,
    every: float,
) -> None:
    """Show the alerts, and look again every so many seconds, until it is cancelled. While the service cannot be asked,
    the table stays as it was, and says why. Raises Unanswered where it cannot be asked at first."""
    alerts, seen_at = await look(), clock()
    with Live(listed(alerts, seen_at, most=most), console=console, auto_refresh=False) as live:

        async def show() -> None:
            nonlocal alerts, seen_at
            failure = None
            try:
                alerts, seen_at = await look(), clock()
            except Unanswered as error:
                failure = f"cannot be asked, is asked again: {error}"
            live.update(listed(alerts, seen_at, most=most, failure=failure), refresh=True)

        await poll(show, lambda _: False, every=every)

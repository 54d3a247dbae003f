"""What a stream of progress has told."""

from __future__ import annotations

from typing import Any

from tests.support.streams import Listener


async def units_of(listener: Listener) -> dict[str, Any]:
    """The figures of units up to the next id, by their codes."""
    told = [event.json for event in await listener.until_id() if event.event == "progress"]
    return {figures["unit"]["code"]: figures for figures in told}

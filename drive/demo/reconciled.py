"""Whether targets has counted what the story recorded: what `drive reconcile` says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.services import ServiceName
from drive.reconciling.findings import all_findings
from drive.reconciling.sides import Period, open_sides

LONGEST_WAIT: Final = timedelta(seconds=30)


async def count_differences(configuration: Configuration, urls: Mapping[ServiceName, URL]) -> int:
    """How much differs, once what is on its way has arrived."""
    async with open_sides(configuration, urls) as sides:
        return sum([1 async for _ in all_findings(sides, Period(), LONGEST_WAIT)])

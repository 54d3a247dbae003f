"""What a test's own process logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from services import outages
from tests.support.waiting import eventually


@contextmanager
def logged() -> Iterator[list[Any]]:
    """The lines of the block, as dicts."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def outages_in(lines: Sequence[Any], **which: str) -> list[tuple[str, str]]:
    """Beginnings and ends, with what was away; of those lines alone that say `which`."""
    found = [line for line in lines if line["event"] in ("outage_began", "outage_ended")]
    return [(line["event"], line["what"]) for line in found if which.items() <= line.items()]


def loud(lines: Sequence[Any]) -> list[Any]:
    """What an operator sees with the default level."""
    return [line for line in lines if line["log_level"] != "debug"]


async def until_ended(lines: Sequence[Any], what: str, **which: str) -> None:
    """Return once the outage is over."""

    async def ended() -> bool:
        return ("outage_ended", what) in outages_in(lines, **which)

    await eventually(ended, True)


@contextmanager
def quick_outages() -> Iterator[None]:
    """Outages are over soon after it works again, and looked at all the time."""
    before = outages.PROBE_SECONDS, outages.QUIET_SECONDS
    outages.PROBE_SECONDS, outages.QUIET_SECONDS = 0.01, 0.05
    try:
        yield
    finally:
        outages.PROBE_SECONDS, outages.QUIET_SECONDS = before

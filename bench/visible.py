"""From the POST of a sign-up until a read of progress shows it."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

from bench.single import sample_sign_up
from bench.world import World
from drive.client.client import Client

PROBES = 200
FIRST = 9_000_000
PAUSE_SECONDS = 0.02


async def visible(world: World) -> tuple[float, float]:
    """The median and the 99th percentile in milliseconds, of sign-ups one after the other, from before each POST."""
    async with world.client() as client:
        delays = [await _probe(client, number) for number in range(FIRST, FIRST + PROBES)]
    centiles = statistics.quantiles(delays, n=100)
    return centiles[49] * 1000, centiles[98] * 1000


async def _probe(client: Client, number: int) -> float:
    """Its own village's count is looked at, so that nothing else moves it."""
    village = f"15142-{number % 31 + 1:02}"
    before = await _new(client, village)
    sample: dict[str, Any] = sample_sign_up()
    person = {**sample["participant"], "personal_id": f"03808{number:07}"}
    household = {"code": f"V-{number}", "member_no": 1}
    body = {
        **sample,
        "external_ref": f"V-{number}",
        "unit_code": village,
        "participant": person,
        "household": household,
    }
    started = time.perf_counter()
    await client.send("POST", "enrolment", "/v1/enrolments", body, key=f"visible-{number}")
    while await _new(client, village) == before:  # noqa: ASYNC110 - another process counts it
        await asyncio.sleep(0.002)
    elapsed = time.perf_counter() - started
    await asyncio.sleep(PAUSE_SECONDS)
    return elapsed


async def _new(client: Client, village: str) -> int:
    params = {"scheme": "household_health", "on": "2025-10-25"}
    return int((await client.send("GET", "targets", f"/v1/progress/units/{village}", params=params))["new"])

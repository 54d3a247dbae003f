"""The registry travels as events, like everything: what has arrived at the targets service by now."""

from __future__ import annotations

from typing import Any

from drive.client.client import Client, Refused, until


async def children_arrived(agency: Client, unit_code: str, how_many: int, scheme: str) -> list[Any]:
    """Progress of the units directly below this one, once there are so many."""
    return list(
        await until(
            f"{how_many} units below {unit_code}",
            lambda: _children(agency, unit_code, scheme),
            lambda found: len(found) == how_many,
        )
    )


async def _children(agency: Client, unit_code: str, scheme: str) -> list[Any]:
    """None where the unit itself has not arrived."""
    path = f"/v1/progress/units/{unit_code}/children"
    try:
        return list((await agency.send("GET", "targets", path, params={"scheme": scheme}))["items"])
    except Refused:
        return []

"""What progress says of the communes, in the order of how far they are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from drive.client.client import Client
from drive.demo.province.places import UNITS
from drive.demo.province.preparation import NAME
from drive.demo.province.sign_ups import SCHEME

_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Ranked:
    """A commune, and where it stands."""

    rank: int
    rank_before: int | None
    code: str
    name: str
    net: int
    target: Any
    """Its share, as progress shows it."""


async def ranking(agency: Client) -> list[Ranked]:
    """Those with the highest ratio of attained to expected first."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def communes_of(unit_code: str) -> list[Any]:
        async with gate:
            path = f"/v1/progress/units/{unit_code}/children"
            return list((await agency.send("GET", "targets", path, params={"scheme": SCHEME}))["items"])

    pages = await asyncio.gather(*(communes_of(unit.code) for unit in UNITS))
    communes = [(share_of(commune), commune) for page in pages for commune in page]
    communes.sort(key=lambda each: (-each[0]["ratio"], each[1]["unit"]["code"]))
    return [
        Ranked(n, None, commune["unit"]["code"], commune["unit"]["name"], commune["net"], share)
        for n, (share, commune) in enumerate(communes, 1)
    ]


def share_of(progress: Any) -> Any:
    """Of the targets of a unit, that of the 60 days."""
    return next(target for target in progress["targets"] if target["name"] == NAME)

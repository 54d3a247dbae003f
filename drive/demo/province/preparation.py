"""Before the 60 days: the registry of the province, who is covered already, and a target that is shared out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from drive.client.client import Client
from drive.demo.arrival import children_arrived
from drive.demo.checks import Checks
from drive.demo.places import PROVINCE
from drive.demo.province.places import COMMUNES, UNITS
from drive.demo.province.plan import BASELINE_ON, ENDS_ON, STARTS_ON, baseline
from drive.demo.province.registry import registry_file
from drive.demo.province.sign_ups import SCHEME

TARGET: Final = 3_000
"""New sign-ups in the province: made up."""
NAME: Final = "60 days to the year-end"
_AT_ONCE: Final = 8
_MOST: Final = "500"
_UNCOVERED: Final = {"to": "units", "by": "uncovered"}


async def register(agency: Client, checks: Checks) -> None:
    """The communes of the official list go below their grassroots units, by one file."""
    params = {"level": "commune", "limit": _MOST}
    communes = (await agency.send("GET", "enrolment", "/v1/units", params=params))["items"]
    checks.equal("communes of the official list", len(COMMUNES), len(communes))
    await agency.send_csv("/v1/registry/imports", registry_file({unit["code"]: unit["name"] for unit in communes}))
    for unit in UNITS:  # events of units may arrive in any order
        await children_arrived(agency, unit.code, len(unit.communes), SCHEME)


async def set_baselines(agency: Client) -> None:
    """Who could take part, and who does, in each commune on the eve."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def put(commune: str) -> None:
        population, covered = baseline(commune)
        body = {"scheme": SCHEME, "on": BASELINE_ON.isoformat(), "population": population, "covered": covered}
        async with gate:
            await agency.send("PUT", "targets", f"/v1/units/{commune}/baselines", body)

    await asyncio.gather(*map(put, COMMUNES))


async def set_target(agency: Client) -> str:
    """The target of the province; its id."""
    target = {
        "scope": {"unit_code": PROVINCE},
        "scheme": SCHEME,
        "measure": "new",
        "value": TARGET,
        "starts_on": STARTS_ON.isoformat(),
        "ends_on": ENDS_ON.isoformat(),
        "name": NAME,
    }
    return str((await agency.send("POST", "targets", "/v1/targets", target))["id"])


async def share_out(agency: Client, target_id: str, checks: Checks) -> dict[str, int]:
    """By who is not covered: to the grassroots units, and from each to its communes. The shares of these."""
    to_units = await _allocate(agency, target_id)
    to_communes = [share for unit in to_units for share in await _allocate(agency, unit["target_id"])]
    checks.equal(f"shares of {len(UNITS)} grassroots units", f"{TARGET:,}", f"{_sum(to_units):,}")
    checks.equal(f"shares of {len(COMMUNES)} communes", f"{TARGET:,}", f"{_sum(to_communes):,}")
    tree = await agency.send("GET", "targets", f"/v1/targets/{target_id}/tree")
    checks.equal("the tree of shares", "adds up", "adds up" if tree["adds_up"] else tree["differences"])
    return {share["scope"]["unit_code"]: share["value"] for share in to_communes}


async def _allocate(agency: Client, target_id: str) -> list[Any]:
    answer = await agency.send("POST", "targets", f"/v1/targets/{target_id}/allocation", _UNCOVERED)
    return list(answer["shares"])


def _sum(shares: Sequence[Any]) -> int:
    return sum(share["value"] for share in shares)

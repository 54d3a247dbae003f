"""What ops see of alerts, and whether all of it has been reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from drive.client.client import Client, until
from drive.demo.places import AGENCY, PROVINCE
from drive.demo.worlds import World

_UNSENT: Final = ("pending", "sending")
"""In the order in which a delivery has these states."""
_MOST: Final = "500"


@dataclass(frozen=True, slots=True)
class Ops:
    """The agency's people who act on alerts."""

    world: World

    def user(self, scope: str) -> Client:
        """A client of theirs."""
        return Client(self.world.urls, self.world.token(AGENCY, scope))

    async def alerts(self, scheme: str) -> list[Any]:
        """Those of the province for this scheme, the newest first."""
        async with self.user("alerts:read") as ops:
            params = {"under": PROVINCE, "limit": _MOST}
            found = (await ops.send("GET", "notifications", "/v1/alerts", params=params))["items"]
        return [alert for alert in found if alert["scheme"] == scheme]

    async def all_reported(self) -> None:
        """Wait until everything that arose is reported."""
        await until("messages to be sent", self._unsent, lambda unsent: not unsent)

    async def _unsent(self) -> list[Any]:
        async with self.user("alerts:read") as ops:
            found = [
                await ops.send("GET", "notifications", "/v1/deliveries", params={"state": state}) for state in _UNSENT
            ]
        return [delivery for page in found for delivery in page["items"]]

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

    async def alert(self, scheme: str, unit_code: str) -> Any:
        """The one of this unit."""
        return next(each for each in await self.alerts(scheme) if each["subject"]["unit_code"] == unit_code)

    async def timeline(self, scheme: str, unit_code: str) -> list[Any]:
        """What has become of the alert of this unit, but for its figures."""
        alert = await self.alert(scheme, unit_code)
        async with self.user("alerts:read") as ops:
            entries = (await ops.send("GET", "notifications", f"/v1/alerts/{alert['id']}/timeline"))["items"]
        return [entry for entry in entries if entry["kind"] != "updated"]

    async def told(self, scheme: str, unit_code: str, change: str) -> list[str]:
        """The routes that were told of this change of the alert of this unit, by name."""
        params = {"alert_id": (await self.alert(scheme, unit_code))["id"], "state": "sent"}
        async with self.user("alerts:read") as ops:
            found = (await ops.send("GET", "notifications", "/v1/deliveries", params=params))["items"]
        return sorted(each["route_name"] for each in found if each["change"] == change)

    async def all_reported(self) -> None:
        """Wait until everything that arose is reported."""
        await until("messages to be sent", self._unsent, lambda unsent: not unsent)

    async def _unsent(self) -> list[Any]:
        async with self.user("alerts:read") as ops:
            found = [
                await ops.send("GET", "notifications", "/v1/deliveries", params={"state": state}) for state in _UNSENT
            ]
        return [delivery for page in found for delivery in page["items"]]

"""What becomes of one alert: acknowledged by the link of a mail, reported with causes and remedies, of which one is
missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from drive.client.client import until
from drive.demo.answering import acknowledge_by_link
from drive.demo.checks import Checks
from drive.demo.mails import text_of
from drive.demo.ops import Ops
from drive.demo.places import YEAR_END, Commune

_WHO: Final = "Lê Thị Hoa"
_CAUSE: Final = {"code": "working_away", "note": "back for Tet"}
_VISITS: Final = "Home visits in all villages"
_HALL: Final = "An evening in the village hall"
_LIFE: Final = "raised, worsened, acknowledged, reported, remedy_missed"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Of the commune's alert for this scheme."""

    ops: Ops
    commune: Commune
    scheme: str
    say: Callable[[str], None]
    checks: Checks

    async def answer(self, today: date) -> None:
        """Acknowledge by the newest mail with a link, and report; the first remedy is due today."""
        name = self.commune.name
        await acknowledge_by_link(self._newest_with_link(), name, _WHO)
        alert = await self._alert()
        self.say(f"{_WHO} of {name} opens the link in the mail, on her phone, and acknowledges the alert.")
        self.checks.equal(f"{name}: acknowledged by link by", _WHO, alert["acknowledged_by"]["name"])
        remedies = [self._remedy(_HALL, today), self._remedy(_VISITS, YEAR_END)]
        report = {"version": alert["version"], "causes": [_CAUSE], "remedies": remedies}
        async with self.ops.user("alerts:write") as ops:
            await ops.send("POST", "notifications", f"/v1/alerts/{alert['id']}/report", report)
        self.say(
            f"{name} reports why: people work away from home. An evening in the village hall is to help, that same"
            f" day, and home visits until {YEAR_END}."
        )

    async def end(self) -> None:
        """What has become of it: the evening did not take place."""
        name = self.commune.name
        kinds = await until(f"a missed remedy of {name}", self._life, lambda seen: "remedy_missed" in seen)
        self.checks.equal(f"{name}: life of the alert", _LIFE, ", ".join(kinds))
        told = await until(f"messages about the missed remedy of {name}", self._told, lambda seen: len(seen) > 1)
        self.checks.equal(f"{name}: told of a missed remedy", "agency-hook, agency-mail", ", ".join(told))
        self.say(f"The evening in the village hall did not take place: a remedy of {name} is missed, and told.")

    def _remedy(self, what: str, due_on: date) -> dict[str, str]:
        return {"what": what, "who": f"Xã {self.commune.name}", "due_on": due_on.isoformat()}

    def _newest_with_link(self) -> str:
        texts = [text_of(mail) for mail in self.ops.world.mails()]
        return next(text for text in reversed(texts) if self.commune.name in text and "/a/" in text)

    async def _alert(self) -> Any:
        alerts = await self.ops.alerts(self.scheme)
        return next(alert for alert in alerts if alert["subject"]["unit_code"] == self.commune.code)

    async def _life(self) -> list[str]:
        path = f"/v1/alerts/{(await self._alert())['id']}/timeline"
        async with self.ops.user("alerts:read") as ops:
            entries = (await ops.send("GET", "notifications", path))["items"]
        return [entry["kind"] for entry in entries if entry["kind"] != "updated"]

    async def _told(self) -> list[str]:
        params = {"alert_id": (await self._alert())["id"], "state": "sent"}
        async with self.ops.user("alerts:read") as ops:
            found = (await ops.send("GET", "notifications", "/v1/deliveries", params=params))["items"]
        return sorted(each["route_name"] for each in found if each["change"] == "remedy_missed")

"""What becomes of one alert: acknowledged by the link of a mail, reported with causes and remedies, of which one is
missed, and taken to the level above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from drive.client.client import until
from drive.demo.answering import acknowledge_by_link
from drive.demo.checks import Checks
from drive.demo.escalation import UNIT
from drive.demo.mails import text_of
from drive.demo.ops import Ops
from drive.demo.places import YEAR_END, Commune

_WHO: Final = "Lê Thị Hoa"
_CAUSE: Final = {"code": "working_away", "note": "back for Tet"}
_VISITS: Final = "Home visits in all villages"
_HALL: Final = "An evening in the village hall"
_LIFE: Final = "raised, worsened, acknowledged, reported, remedy_missed, escalated"


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
        alert = await self.ops.alert(self.scheme, self.commune.code)
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
        """What has become of it: the evening did not take place, which takes the next step of its chain at once."""
        name = self.commune.name
        kinds = await until(f"an escalation of {name}", self._life, lambda seen: "escalated" in seen)
        self.checks.equal(f"{name}: life of the alert", _LIFE, ", ".join(kinds))
        await self._were_told("remedy_missed", "agency-hook", "agency-mail")
        await self._were_told("escalated", UNIT)
        self.say(
            f"The evening in the village hall did not take place: a remedy of {name} is missed, and told, also to the"
            " grassroots unit."
        )

    async def _were_told(self, change: str, *routes: str) -> None:
        what = f"{self.commune.name}: told of {change}"
        told = await until(what, partial(self._told, change), lambda seen: len(seen) == len(routes))
        self.checks.equal(what, ", ".join(routes), ", ".join(told))

    def _remedy(self, what: str, due_on: date) -> dict[str, str]:
        return {"what": what, "who": f"Xã {self.commune.name}", "due_on": due_on.isoformat()}

    def _newest_with_link(self) -> str:
        texts = [text_of(mail) for mail in self.ops.world.mails()]
        return next(text for text in reversed(texts) if self.commune.name in text and "/a/" in text)

    async def _life(self) -> list[str]:
        return [entry["kind"] for entry in await self.ops.timeline(self.scheme, self.commune.code)]

    async def _told(self, change: str) -> list[str]:
        return await self.ops.told(self.scheme, self.commune.code, change)

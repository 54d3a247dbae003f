"""What nobody acts on goes up, level by level: to the grassroots unit, and to the director at the province."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from drive.client.client import until
from drive.demo.checks import Checks
from drive.demo.mails import has_chart, text_of
from drive.demo.ops import Ops
from drive.demo.places import GRASSROOTS_UNIT, Commune

UNIT: Final = "unit-mail"
DIRECTOR: Final = "director-mail"
_ADDRESSES: Final = {UNIT: "cam-thuy@bhxh-38.example", DIRECTOR: "giam-doc@bhxh-38.example"}
_STEPS: Final = ({"after": "PT4H", "routes": [UNIT]}, {"after": "P1D", "routes": [DIRECTOR]})
_BY_STEPS_ALONE: Final = 100


@dataclass(frozen=True, slots=True)
class Escalation:
    """Of the commune's alert for this scheme, which nobody acknowledges."""

    ops: Ops
    commune: Commune
    scheme: str
    say: Callable[[str], None]
    checks: Checks

    async def play(self) -> None:
        """Put a chain, by which the alert has been open for too long: it takes both steps, one after the other."""
        name = self.commune.name
        await self._put_chain()
        self.say(
            "The agency lets alerts that nobody acknowledges go up: after four hours to the grassroots unit,"
            " after a day to the director."
        )
        levels = await until(f"an escalation of {name}", self._levels, lambda seen: len(seen) == len(_STEPS))
        self.checks.equal(f"{name}: escalated to", "level 1, level 2", ", ".join(levels))
        await self.ops.all_reported()
        for place, route in enumerate((UNIT, DIRECTOR), 1):
            [mail] = self._mails_to(route)
            parts = {name: name in text_of(mail), "level": f"cấp {place}" in text_of(mail), "chart": has_chart(mail)}
            found = ", ".join(part for part, is_there in parts.items() if is_there)
            self.checks.equal(f"in the mail of level {place}", ", ".join(parts), found)
        self.say(f"Nobody has acknowledged the alert of {name} since: the unit and the director get a mail of it.")

    async def _put_chain(self) -> None:
        async with self.ops.user("alerts:write") as ops:
            for name, address in _ADDRESSES.items():
                route = {"channel": "mail", "address": address, "min_level": _BY_STEPS_ALONE}
                await ops.send_until_taken("PUT", "notifications", f"/v1/routes/{name}", route)
            chain = {"under": GRASSROOTS_UNIT, "steps": list(_STEPS)}
            await ops.send_until_taken("PUT", "notifications", "/v1/escalations/cam-thuy", chain)

    async def _levels(self) -> list[str]:
        """As the timeline names them."""
        entries = await self.ops.timeline(self.scheme, self.commune.code)
        return [entry["reason"].partition(":")[0] for entry in entries if entry["kind"] == "escalated"]

    def _mails_to(self, route: str) -> list[EmailMessage]:
        return [mail for mail in self.ops.world.mails() if mail["To"] == _ADDRESSES[route]]

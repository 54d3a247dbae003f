"""A digest of one commune: put, and read as a mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from drive.client.client import until
from drive.demo.checks import Checks
from drive.demo.mails import has_chart, is_digest
from drive.demo.ops import Ops
from drive.demo.places import Commune

_ROUTE: Final = "agency-mail"
_EACH_DAY: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPEN: Final = re.compile(r"(\d+) cảnh báo đang mở")


@dataclass(frozen=True, slots=True)
class Digest:
    """Of the commune, each day as it begins."""

    ops: Ops
    commune: Commune
    say: Callable[[str], None]
    checks: Checks

    async def put(self) -> None:
        """The first one comes when the day is over."""
        body = {"under": self.commune.code, "route": _ROUTE, "every": "day", "at": "00:00"}
        async with self.ops.user("alerts:write") as ops:
            path = f"/v1/digests/{self.commune.code}"
            await ops.send("PUT", "notifications", path, {**body, "days": list(_EACH_DAY), "holidays": True})
        self.say(f"Ops ask for a digest of {self.commune.name} by mail, each day.")

    async def end(self) -> None:
        """What the first one says."""
        [mail, *_] = await until(f"a digest of {self.commune.name}", self._mails, bool)
        name, said = self.commune.name, _OPEN.search(str(mail["subject"]))
        self.checks.equal(f"digest of {name}: open alerts", "1", said[1] if said else "none")
        self.checks.equal(f"digest of {name}: with a chart", True, has_chart(mail))
        self.say(f"The digest of {name} has come: {mail['subject']}")

    async def _mails(self) -> list[EmailMessage]:
        return [mail for mail in self.ops.world.mails() if is_digest(mail)]

"""Alerts of the province's target and its shares, and the messages about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from drive.client.client import until
from drive.demo.mails import is_digest, text_of
from drive.demo.ops import Ops
from drive.demo.province.sign_ups import SCHEME
from drive.demo.receiver import Receiver

_IN_MAILS: Final = "BHXH tự nguyện"
"""Voluntary social insurance, in Vietnamese."""


@dataclass(frozen=True, slots=True)
class ProvinceAlerts:
    """As ops and the receiver of webhooks see them."""

    ops: Ops
    receiver: Receiver

    async def by_unit(self) -> dict[str, Any]:
        """The newest alert of each unit that has ever been behind."""
        return {alert["subject"]["unit_code"]: alert for alert in reversed(await self.ops.alerts(SCHEME))}

    async def units(self, status: str) -> set[str]:
        """The units whose alert has this status."""
        return {code for code, alert in (await self.by_unit()).items() if alert["status"] == status}

    async def at_least(self, how_many: int, status: str) -> None:
        """Wait until so many have this status, and all of it was reported."""
        what = f"{how_many} alerts to be {status}"
        await until(what, lambda: self.units(status), lambda units: len(units) >= how_many)
        await self.ops.all_reported()

    def webhooks(self) -> int:
        """Messages so far."""
        received = self.receiver.received.values()
        return sum(any(event["data"]["scheme"] == SCHEME for event in message) for message in received)

    def mails(self) -> int:
        """Messages so far."""
        return sum(_IN_MAILS in text_of(mail) for mail in self.ops.world.mails() if not is_digest(mail))

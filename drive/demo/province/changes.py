"""What becomes of single sign-ups: some are cancelled, some are corrected to another commune."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from drive.client.client import Client
from drive.demo.province.places import UNITS
from drive.demo.province.plan import course_of

_CANCELLED: Final = 2
"""Of each post office, each of a commune of its own; the next one is corrected."""
_NEIGHBOUR: Final = {
    commune: unit.communes[(n + 1) % len(unit.communes)] for unit in UNITS for n, commune in enumerate(unit.communes)
}


@dataclass
class Changes:
    """What was changed, and by how many the sign-ups of each commune differ since."""

    cancelled: int = 0
    corrected: int = 0
    by_commune: Counter[str] = field(default_factory=Counter)

    async def change_some(
        self, partner: Client, sent: Sequence[Mapping[str, Any]], recorded: Sequence[Mapping[str, Any]]
    ) -> None:
        """Of what a post office has sent, and the ids that it was told. Only in communes that keep pace: one less
        makes no difference to their target."""
        ids = {item["external_ref"]: item["id"] for item in recorded}
        one_each = {each["unit_code"]: each for each in sent if course_of(each["unit_code"]) == "steady"}
        *cancelled, corrected = list(one_each.values())[: _CANCELLED + 1]
        for sign_up in cancelled:
            await self._cancel(partner, ids[sign_up["external_ref"]], sign_up["unit_code"])
        await self._correct(partner, ids[corrected["external_ref"]], corrected["unit_code"])

    async def _cancel(self, partner: Client, sign_up_id: str, commune: str) -> None:
        body = {"version": 1, "reason": "Signed up in another province already"}
        await partner.send("POST", "enrolment", f"/v1/enrolments/{sign_up_id}/cancellation", body)
        self.cancelled += 1
        self.by_commune[commune] -= 1

    async def _correct(self, partner: Client, sign_up_id: str, commune: str) -> None:
        neighbour = _NEIGHBOUR[commune]
        body = {"version": 1, "reason": "Lives in the next commune", "changes": {"unit_code": neighbour}}
        await partner.send("POST", "enrolment", f"/v1/enrolments/{sign_up_id}/correction", body)
        self.corrected += 1
        self.by_commune[commune] -= 1
        self.by_commune[neighbour] += 1

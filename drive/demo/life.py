"""What becomes of single sign-ups: sent twice, returned and corrected, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drive.client.client import Client, Refused

TAKEN_UP: Final = ("submitted", "returned", "recorded", "submitted", "accepted")
"""What becomes of a sign-up that the agency returns once, after it was recorded."""


@dataclass(frozen=True, slots=True)
class Life:
    """A post office that sends and corrects, and the agency that decides."""

    partner: Client
    agency: Client

    async def send_again(self, other: Client, sign_up: Mapping[str, Any], collector_code: str) -> str:
        """Another post office signs the same person up; what it is told."""
        again = {**sign_up, "external_ref": "AGAIN-1", "collector_code": collector_code}
        try:
            await other.send("POST", "enrolment", "/v1/enrolments", again, key="again-1")
        except Refused as refusal:
            return "already covered" if "already-covered" in str(refusal) else str(refusal)
        return "recorded twice"

    async def return_and_correct(self, external_ref: str, unit_code: str) -> tuple[str, ...]:
        """Submitted, returned for its village, corrected, submitted again, accepted: each status in turn."""
        params = {"external_ref": external_ref}
        [found] = (await self.partner.send("GET", "enrolment", "/v1/enrolments", params=params))["items"]
        reason = "The household lives in the next village"
        steps: tuple[tuple[Client, str, dict[str, Any]], ...] = (
            (self.partner, "submission", {}),
            (self.agency, "return", {"reason": reason}),
            (self.partner, "correction", {"reason": reason, "changes": {"unit_code": unit_code}}),
            (self.partner, "submission", {}),
            (self.agency, "acceptance", {}),
        )
        version, statuses = found["version"], []
        for who, step, body in steps:
            path = f"/v1/enrolments/{found['id']}/{step}"
            answer = await who.send("POST", "enrolment", path, {"version": version, **body})
            version = answer["version"]
            statuses.append(answer["status"])
        return tuple(statuses)

    async def cancel(self, sign_up: Mapping[str, Any]) -> str:
        """Sign up and cancel; the status that it has then."""
        [recorded] = await self.partner.sign_up_each([sign_up])
        body = {"version": recorded["version"], "reason": "The household paid by mistake"}
        path = f"/v1/enrolments/{recorded['id']}/cancellation"
        return str((await self.partner.send("POST", "enrolment", path, body))["status"])

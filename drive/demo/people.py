"""Synthetic households: nobody in them exists, and every identifier has the right form."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from drive.demo.places import Commune

_SURNAMES: Final = ("Nguyễn", "Lê", "Phạm", "Trương", "Bùi", "Hà", "Cao", "Đinh", "Quách", "Trịnh")
_MIDDLE: Final = {"male": ("Văn", "Đức", "Xuân", "Hữu", "Công"), "female": ("Thị", "Thu", "Ngọc", "Kim", "Hồng")}
_GIVEN: Final = {
    "male": ("An", "Bình", "Cường", "Dũng", "Hải", "Long", "Minh", "Nam", "Sơn", "Tuấn"),
    "female": ("Ánh", "Chi", "Hà", "Hoa", "Lan", "Mai", "Nga", "Oanh", "Thảo", "Yến"),
}
_MONTHLY_VND: Final = (105_300, 73_710, 63_180, 52_650, 42_120)
"""Household health insurance a month by member, to 2026-06-30 (Decree 188/2025, article 6.5)."""
_STATE_SUPPORT_PERCENT: Final = {"none": 0, "near_poor": 70}


class Population:
    """People of a commune, the same ones at every run: `random` comes in seeded."""

    def __init__(self, commune: Commune, randomness: random.Random) -> None:
        self._commune = commune
        self._random = randomness
        self._signed_up = 0

    def sign_ups(self, how_many: int, signed_on: date, channel: str) -> list[dict[str, Any]]:
        """Bodies of `POST /v1/enrolments`: whole households, village by village, collector by collector."""
        members = self._members(signed_on, channel)
        return [next(members) for _ in range(how_many)]

    def _members(self, signed_on: date, channel: str) -> Iterator[dict[str, Any]]:
        villages, collectors = self._commune.village_codes(), self._commune.collector_codes()
        household = self._signed_up
        while True:
            household += 1
            shared = {
                "scheme": "household_health",
                "unit_code": villages[household % len(villages)],
                "collector_code": collectors[household % len(collectors)],
                "signed_on": signed_on.isoformat(),
                "months": self._random.choice((6, 12, 12)),
                "support_group": self._random.choice(("none", "none", "none", "near_poor")),
                "channel": channel,
                "campaign_code": f"LAUNCH-{self._commune.code}",
            }
            code = f"{self._commune.code}-HGD-{household:04}"  # other households than those of the guide
            for member_no in range(1, self._random.randint(1, 4) + 1):
                yield self._sign_up(shared, {"code": code, "member_no": member_no})

    def _sign_up(self, shared: dict[str, Any], household: dict[str, Any]) -> dict[str, Any]:
        self._signed_up += 1
        number = f"{self._commune.code}-{self._signed_up:05}"
        return {
            **shared,
            "external_ref": number,
            "receipt_no": f"C45-{number}",
            "amount_paid": _amount(household["member_no"], shared["months"], shared["support_group"]),
            "participant": self._person(),
            "household": household,
        }

    def _person(self) -> dict[str, Any]:
        # The running number makes each personal ID unlike every other of the story.
        return person(self._random, f"{self._commune.code[-1]}{self._signed_up:05}")


def person(randomness: random.Random, last_six: str) -> dict[str, Any]:
    """A participant whose personal ID ends in these six digits."""
    sex = randomness.choice(("male", "female"))
    born_on = date(1950, 1, 1) + timedelta(days=randomness.randrange(365 * 60))
    century_and_sex = (2 if born_on.year >= 2000 else 0) + (sex == "female")
    words = (randomness.choice(_SURNAMES), randomness.choice(_MIDDLE[sex]), randomness.choice(_GIVEN[sex]))
    return {
        "full_name": " ".join(words),
        "born_on": born_on.isoformat(),
        "sex": sex,
        "personal_id": f"038{century_and_sex}{born_on:%y}{last_six}",
        "phone": f"09{randomness.randrange(10**8):08}",
    }


def _amount(member_no: int, months: int, support_group: str) -> int:
    due = _MONTHLY_VND[min(member_no, 5) - 1] * months
    return due - due * _STATE_SUPPORT_PERCENT[support_group] // 100

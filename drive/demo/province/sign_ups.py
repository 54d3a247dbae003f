"""Sign-ups to voluntary social insurance, as post offices send them: nobody in them exists."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from drive.demo.people import person
from drive.demo.province.places import UNITS
from drive.demo.province.plan import Planned

SCHEME: Final = "voluntary_social"
_INCOME: Final = 1_500_000
_A_MONTH: Final = {"none": 330_000 - 66_000, "near_poor": 330_000 - 132_000}
"""VND on that income, less what the state pays (Law 41/2024 Art. 31 and 36, Decree 159/2025 Art. 5)."""
_UNIT_OF: Final = {commune: unit for unit in UNITS for commune in unit.communes}


class SignUps:
    """Bodies of sign-ups, the same ones at every run. The running number makes each person unlike every other, and
    unlike those of the launch days, whose personal IDs do not have a 9 there."""

    def __init__(self) -> None:
        self._random = random.Random("voluntary")
        self._numbers = count(1)

    def by_post_office(self, planned: Sequence[Planned]) -> dict[str, list[dict[str, Any]]]:
        """What each post office sends, in the order of the days."""
        sent: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in sorted(planned, key=lambda p: (p.on, p.commune)):
            sent[_UNIT_OF[each.commune].post_office.code].append(self._sign_up(each))
        return sent

    def _sign_up(self, planned: Planned) -> dict[str, Any]:
        number = next(self._numbers)
        months, support_group = self._random.choice((3, 6, 12)), self._random.choice(("none", "none", "near_poor"))
        return {
            "external_ref": f"60-{number:05}",
            "receipt_no": f"C45-60-{number:05}",
            "scheme": SCHEME,
            "unit_code": planned.commune,
            "collector_code": self._random.choice(_UNIT_OF[planned.commune].collector_codes()),
            "signed_on": planned.on.isoformat(),
            "months": months,
            "monthly_income": _INCOME,
            "support_group": support_group,
            "amount_paid": _A_MONTH[support_group] * months,
            "channel": planned.channel,
            "campaign_code": "60-DAYS",
            "participant": person(self._random, f"9{number:05}"),
        }

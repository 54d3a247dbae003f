"""Which answers sign-ups concern: those on their units, organisations and collectors, and on all that is above."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from services.persistence.unit_of_work import Touched
from targets_api.domain.tally import TallyKey
from targets_api.ledger.store import Entry

Placed: TypeAlias = TallyKey | Entry


def touched_by_sign_ups(sign_ups: Iterable[Placed]) -> set[Touched]:
    """Where they are counted. Targets that advance by it are on the same nodes, or above them."""
    places = list(sign_ups)
    return {
        Touched(kind, scheme, (code,))
        for kind, name in (
            ("unit", "unit_code"),
            ("organisation", "organisation_code"),
            ("collector", "collector_code"),
        )
        for scheme, code in {(each.scheme, getattr(each, name)) for each in places}
    }

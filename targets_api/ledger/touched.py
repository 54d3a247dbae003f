"""Which answers sign-ups concern: those on their units, organisations and collectors, and on all that is above."""

from __future__ import annotations

from services.persistence.unit_of_work import Touched
from targets_api.domain.tally import Deltas


def touched_by_sign_ups(deltas: Deltas) -> set[Touched]:
    """What is counted for. Targets that advance by it are on the same nodes, or above them."""
    keys = deltas.keys()
    return {
        Touched(kind, scheme, (code,))
        for kind, name in (
            ("unit", "unit_code"),
            ("organisation", "organisation_code"),
            ("collector", "collector_code"),
        )
        for scheme, code in {(key.scheme, getattr(key, name)) for key in keys}
    }

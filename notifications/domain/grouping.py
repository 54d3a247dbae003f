"""Which alerts are reported together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from services.vocabulary import Scope, UnitLevel

UNIT: Final = "unit:"
ORGANISATION: Final = "organisation:"
COLLECTOR: Final = "collector:"


def group_of(path: Sequence[str], levels: Mapping[str, UnitLevel], subject: Scope, owner: str | None) -> str:
    """The group of an alert: the insurance unit that its unit lies in, else the province; without a unit, the
    organisation that it belongs to. `path` is the unit and those above it, top first; a level may be unknown yet."""
    for level in ("insurance_unit", "province"):
        if found := next((code for code in reversed(path) if levels.get(code) == level), None):
            return f"{UNIT}{found}"
    if path:
        return f"{UNIT}{path[0]}"
    if code := owner or subject.organisation_code:
        return f"{ORGANISATION}{code}"
    return f"{COLLECTOR}{subject.collector_code}"

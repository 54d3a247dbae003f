"""The value types that domains, contracts and tables share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Vnd: TypeAlias = int
"""Whole Vietnamese đồng."""
Scheme: TypeAlias = Literal["household_health", "voluntary_social"]
Kind: TypeAlias = Literal["new", "renewal"]
"""Of a sign-up: whether the person had cover by the scheme shortly before."""
UnitLevel: TypeAlias = Literal["province", "insurance_unit", "commune", "village"]
"""From the highest to the lowest."""
RegistryKind: TypeAlias = Literal["unit", "organisation", "collector"]
"""What the registry holds entries of."""
Measure: TypeAlias = Literal["new", "renewal", "in_force", "coverage"]
"""What a target is measured by: sign-ups of a kind, persons covered, or their share of the population."""
SHARES: Final[frozenset[Measure]] = frozenset({"coverage"})
"""Measures whose values are shares of the population; those of the others are persons."""
PaceStatus: TypeAlias = Literal["ahead", "on_track", "behind", "met", "missed", "not_started"]
PaceTransition: TypeAlias = Literal["fell_behind", "worsened", "recovered"]
Severity: TypeAlias = Literal["warning", "critical"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a target or an alert is about: any mix of unit, organisation and collector."""

    unit_code: str | None = None
    organisation_code: str | None = None
    collector_code: str | None = None

"""The words that domains, contracts and tables share. Pure."""

from __future__ import annotations

from typing import Literal, TypeAlias

Vnd: TypeAlias = int
"""Whole Vietnamese đồng."""


Scheme: TypeAlias = Literal["household_health", "voluntary_social"]


Kind: TypeAlias = Literal["new", "renewal"]


UnitLevel: TypeAlias = Literal["province", "insurance_unit", "commune", "village"]


Measure: TypeAlias = Literal["new", "renewal", "in_force", "coverage"]


Severity: TypeAlias = Literal["warning", "critical"]

"""Targets, and the scope that targets and alerts are about."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.contracts.envelope import Event, Facts, Name
from services.contracts.sources import TARGETS_SOURCE
from services.vocabulary import Measure, Scheme, Scope


class TargetFacts(Facts):
    """A target as it was set. `value` is persons, or a share of the population for coverage."""

    target_id: UUID
    name: Name | None
    scope: Scope
    scheme: Scheme
    measure: Measure
    value: float
    starts_on: date
    ends_on: date


class TargetSet(Event):
    """A target was set."""

    type: Literal["drive.target.set.v1"] = "drive.target.set.v1"
    source: str = TARGETS_SOURCE
    data: TargetFacts

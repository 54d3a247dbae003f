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


class RevisedTargetFacts(TargetFacts):
    """A target with its new value, which holds from the day `holds_from`, instead of `value_before`."""

    version: int
    value_before: float
    holds_from: date


class TargetRevised(Event):
    """The value of a target was changed."""

    type: Literal["drive.target.revised.v1"] = "drive.target.revised.v1"
    source: str = TARGETS_SOURCE
    data: RevisedTargetFacts


class WithdrawnTargetFacts(TargetFacts):
    """A target that is no more from the day `withdrawn_on` on."""

    version: int
    withdrawn_on: date


class TargetWithdrawn(Event):
    """A target was withdrawn."""

    type: Literal["drive.target.withdrawn.v1"] = "drive.target.withdrawn.v1"
    source: str = TARGETS_SOURCE
    data: WithdrawnTargetFacts

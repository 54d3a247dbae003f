"""Targets, and the scope that targets and alerts are about."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.contracts.envelope import WHOLE, Event, Facts, Name, fact
from services.contracts.sources import TARGETS_SOURCE
from services.vocabulary import Measure, Scheme, Scope


class TargetFacts(Facts):
    """A target as it was set. `value` is persons, or a share of the population for coverage."""

    target_id: UUID = fact("Id of the target", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e01")
    name: Name | None = fact("What people call it; null where it has no name", "Q4")
    scope: Scope = Field(description="What the target is about")
    scheme: Scheme = fact("Household health insurance or voluntary social insurance", "household_health")
    measure: Measure = fact("What is measured", "coverage")
    value: float = fact(
        "Persons, or for coverage a share of the population", 0.9515, minimum=0, maximum=10**10, format="double"
    )
    starts_on: date = fact("First day of its period", "2025-10-01")
    ends_on: date = fact("Last day of its period", "2025-12-31")
    parent_id: UUID | None = fact(
        "Id of the target that it is a share of", "0198c5a2-7d3e-7c4b-9a1f-3f2b6c8d9e02", optional=True
    )


class TargetSet(Event):
    """A target was set."""

    type: Literal["drive.target.set.v1"] = "drive.target.set.v1"
    source: str = TARGETS_SOURCE
    data: TargetFacts


class RevisedTargetFacts(TargetFacts):
    """A target with its new value, which holds from the day `holds_from`, instead of `value_before`."""

    version: int = fact("Grows with each change", 2, **WHOLE)
    value_before: float = fact("The value before the change", 0.95, minimum=0, maximum=10**10, format="double")
    holds_from: date = fact("The day from which the new value holds", "2025-10-31")


class TargetRevised(Event):
    """The value of a target was changed."""

    type: Literal["drive.target.revised.v1"] = "drive.target.revised.v1"
    source: str = TARGETS_SOURCE
    data: RevisedTargetFacts


class WithdrawnTargetFacts(TargetFacts):
    """A target that is no more from the day `withdrawn_on` on."""

    version: int = fact("Grows with each change", 2, **WHOLE)
    withdrawn_on: date = fact("The day from which the target is no more", "2025-10-31")


class TargetWithdrawn(Event):
    """A target was withdrawn."""

    type: Literal["drive.target.withdrawn.v1"] = "drive.target.withdrawn.v1"
    source: str = TARGETS_SOURCE
    data: WithdrawnTargetFacts

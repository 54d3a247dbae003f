"""Bodies of targets and baselines."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.vocabulary import Measure, Scheme
from services.web.fields import NO_NUL, Code
from targets_api.domain.baseline import Baseline
from targets_api.domain.target import Scope, Target

Name: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]
Count: TypeAlias = Annotated[int, Field(ge=0, le=10_000_000_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScopeBody(_Body):
    """Any mix of unit, organisation and collector; at least one."""

    unit_code: Code | None = None
    organisation_code: Code | None = None
    collector_code: Code | None = None


class TargetBody(_Body):
    """A target to be set. `value` is persons, or for coverage a share of the population, such as 0.9515."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "scope": {"unit_code": "15142"},
                    "scheme": "household_health",
                    "measure": "coverage",
                    "value": 0.9515,
                    "starts_on": "2025-10-01",
                    "ends_on": "2025-12-31",
                    "name": "Q4",
                }
            ]
        },
    )

    scope: ScopeBody
    scheme: Scheme
    measure: Measure
    value: Annotated[float, Field(allow_inf_nan=False, le=10_000_000_000)]
    starts_on: date
    ends_on: date
    name: Name | None = None

    def target(self, target_id: UUID) -> Target:
        """As a target of that id."""
        scope = Scope(self.scope.unit_code, self.scope.organisation_code, self.scope.collector_code)
        period = (self.starts_on, self.ends_on)
        return Target(target_id, scope, self.scheme, self.measure, self.value, *period, self.name)


class TargetView(_Body):
    """A target that is set."""

    id: UUID
    scope: ScopeBody
    scheme: Scheme
    measure: Measure
    value: float
    starts_on: date
    ends_on: date
    name: str | None

    @classmethod
    def of(cls, target: Target) -> TargetView:
        """The target as it is told."""
        scope = ScopeBody.model_construct(
            unit_code=target.scope.unit_code,
            organisation_code=target.scope.organisation_code,
            collector_code=target.scope.collector_code,
        )
        return cls(
            id=target.id,
            scope=scope,
            scheme=target.scheme,
            measure=target.measure,
            value=target.value,
            starts_on=target.starts_on,
            ends_on=target.ends_on,
            name=target.name,
        )


class TargetPage(_Body):
    """Targets, the latest first. `next` goes into `after` to read on; null at the end."""

    items: list[TargetView]
    next: UUID | None


class BaselineBody(_Body):
    """The count at the end of the day `on`: sign-ups of that day are in it, those from the next day on come on top."""

    scheme: Scheme
    on: date = Field(examples=["2025-10-24"])
    population: Count = Field(examples=[26697])
    covered: Count = Field(examples=[19702])

    def baseline(self, unit_code: str) -> Baseline:
        """As the baseline of that unit."""
        return Baseline(unit_code, self.scheme, self.on, self.population, self.covered)


class BaselineView(BaselineBody):
    """A baseline that is set."""

    unit_code: str

"""Bodies, queries and answers of targets and baselines."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.vocabulary import Measure, Scheme, Scope
from services.web.fields import Code, Day, Id, Label, Reason, RequestBody, Truth, Version
from services.web.lists import ListQuery, Page
from targets_api.domain.baseline import Baseline
from targets_api.domain.revision import Revision, Withdrawal
from targets_api.domain.target import Target

MOST_PERSONS = 10_000_000_000
Count: TypeAlias = Annotated[int, Field(ge=0, le=MOST_PERSONS)]
_EXAMPLE: Final[dict[str, Any]] = {
    "scope": {"unit_code": "15142"},
    "scheme": "household_health",
    "measure": "coverage",
    "value": 0.9515,
    "starts_on": "2025-10-01",
    "ends_on": "2025-12-31",
    "name": "Q4",
}


class ScopeBody(RequestBody):
    """Any mix of unit, organisation and collector; at least one."""

    unit_code: Code | None = None
    organisation_code: Code | None = None
    collector_code: Code | None = None


class TargetBody(RequestBody):
    """A target to be set. `value` is persons, or for coverage a share of the population, such as 0.9515."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    scope: ScopeBody
    scheme: Scheme
    measure: Measure
    value: Annotated[float, Field(allow_inf_nan=False, le=MOST_PERSONS)]
    starts_on: Day
    ends_on: Day
    name: Label | None = None

    def target(self, target_id: UUID) -> Target:
        """As a target of that id."""
        scope = Scope(self.scope.unit_code, self.scope.organisation_code, self.scope.collector_code)
        period = (self.starts_on, self.ends_on)
        return Target(target_id, scope, self.scheme, self.measure, self.value, *period, self.name)


class RevisionBody(RequestBody):
    """A new value of a target. Progress as of a day before `from` is judged by the value before."""

    version: Version
    value: Annotated[float, Field(allow_inf_nan=False, le=MOST_PERSONS)]
    holds_from: Day = Field(alias="from", description="from which day on the new value holds, today at the latest")
    reason: Reason

    def revision(self) -> Revision:
        """As the domain takes it."""
        return Revision(self.version, self.value, self.holds_from, self.reason)


class WithdrawalBody(RequestBody):
    """A target is taken back. A new one may be set in its place."""

    version: Version
    reason: Reason

    def withdrawal(self) -> Withdrawal:
        """As the domain takes it."""
        return Withdrawal(self.version, self.reason)


class TargetQuery(ListQuery):
    """Targets that name these in their scope, alone or beside others; `after` is the `next` of the page before."""

    unit_code: Code | None = None
    organisation_code: Code | None = None
    collector_code: Code | None = None
    scheme: Scheme | None = None
    measure: Measure | None = None
    withdrawn: Truth = Field(False, description="true: those that were withdrawn, and no others")
    after: Id | None = None


class TargetView(BaseModel):
    """A target that is set."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    scope: Scope
    scheme: Scheme
    measure: Measure
    value: float
    starts_on: date
    ends_on: date
    name: str | None
    version: int = Field(description="grows with each revision; a change needs the one that its author has seen")
    withdrawn_on: date | None = Field(description="the day from which the target is no more")


class TargetPage(Page[TargetView]):
    """Targets, the latest first."""


class BaselineBody(RequestBody):
    """The count at the end of the day `on`: sign-ups of that day are in it, those from the next day on come on top."""

    scheme: Scheme
    on: Day = Field(examples=["2025-10-24"])
    population: Count = Field(examples=[26697])
    covered: Count = Field(examples=[19702])

    def baseline(self, unit_code: str) -> Baseline:
        """As the baseline of that unit."""
        return Baseline(unit_code, self.scheme, self.on, self.population, self.covered)


class BaselineView(BaseModel):
    """A baseline that is set."""

    model_config = ConfigDict(from_attributes=True)

    unit_code: str
    scheme: Scheme
    on: date
    population: int
    covered: int

"""Bodies, queries and answers of targets and baselines."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.shown import (
    MOST_PERSONS,
    MeasureWord,
    SchemeWord,
    ShownCount,
    ShownDay,
    ShownId,
    ShownName,
    ShownScope,
    ShownUnit,
    ShownValue,
    ShownVersion,
)
from services.vocabulary import Scope
from services.web.fields import (
    AN_ID,
    CollectorCode,
    Day,
    Id,
    Label,
    OrganisationCode,
    Reason,
    RequestBody,
    Truth,
    UnitCode,
    Version,
)
from services.web.lists import AFTER, ListQuery, Page
from targets_api.domain.baseline import Baseline
from targets_api.domain.revision import Revision, Withdrawal
from targets_api.domain.target import Target

Count: TypeAlias = Annotated[int, Field(ge=0, le=MOST_PERSONS, json_schema_extra={"format": "int64"})]
Value: TypeAlias = Annotated[
    float,
    Field(
        allow_inf_nan=False,
        le=MOST_PERSONS,
        description="Persons, or for coverage a share of the population",
        examples=[0.9515],
        json_schema_extra={"minimum": 0.0001, "format": "double"},
    ),
]
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

    unit_code: UnitCode | None = None
    organisation_code: OrganisationCode | None = Field(None, examples=[None])
    collector_code: CollectorCode | None = Field(None, examples=[None])


class TargetBody(RequestBody):
    """A target to be set. `value` is persons, or for coverage a share of the population, such as 0.9515."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    scope: ScopeBody = Field(description="What it is about")
    scheme: SchemeWord
    measure: MeasureWord
    value: Value
    starts_on: Day = Field(description="First day of its period", examples=["2025-10-01"])
    ends_on: Day = Field(description="Last day of its period", examples=["2025-12-31"])
    name: Label | None = Field(None, description="What people call it", examples=["Q4"])
    parent_id: Id | None = Field(
        None, description="The target that it is a share of: a part of its scope, within its period", examples=[None]
    )

    def target(self, target_id: UUID) -> Target:
        """As a target of that id."""
        scope = Scope(self.scope.unit_code, self.scope.organisation_code, self.scope.collector_code)
        period = (self.starts_on, self.ends_on)
        return Target(
            target_id, scope, self.scheme, self.measure, self.value, *period, self.name, parent_id=self.parent_id
        )


class RevisionBody(RequestBody):
    """A new value of a target. Progress as of a day before `from` is judged by the value before."""

    version: Version
    value: Value = Field(examples=[0.96])
    holds_from: Day = Field(
        alias="from",
        description="From which day on the new value holds, today at the latest",
        examples=["2025-10-31"],
    )
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

    unit_code: UnitCode | None = Field(None, description="Only those that name this unit")
    organisation_code: OrganisationCode | None = Field(None, description="Only those that name this organisation")
    collector_code: CollectorCode | None = Field(None, description="Only those that name this collector")
    scheme: SchemeWord | None = Field(None, description="Only those of this scheme")
    measure: MeasureWord | None = Field(None, description="Only those of this measure")
    parent_id: Id | None = Field(None, description="Only shares of this target", examples=[AN_ID])
    withdrawn: Truth = Field(False, description="true: those that were withdrawn, and no others", examples=[False])
    after: Id | None = Field(None, description=AFTER, examples=[AN_ID])


class TargetView(BaseModel):
    """A target that is set."""

    model_config = ConfigDict(from_attributes=True)

    id: ShownId
    scope: ShownScope = Field(description="What it is about")
    scheme: SchemeWord
    measure: MeasureWord
    value: ShownValue
    starts_on: ShownDay = Field(description="First day of its period", examples=["2025-10-01"])
    ends_on: ShownDay = Field(description="Last day of its period", examples=["2025-12-31"])
    name: ShownName | None = Field(description="What people call it", examples=["Q4"])
    version: ShownVersion
    withdrawn_on: ShownDay | None = Field(
        description="The day from which the target is no more; null while it stands", examples=[None]
    )
    parent_id: ShownId | None = Field(description="The target that it is a share of, if any", examples=[None])


class TargetPage(Page[TargetView]):
    """Targets, the latest first."""


class BaselineBody(RequestBody):
    """The count at the end of the day `on`: sign-ups of that day are in it, those from the next day on come on top."""

    scheme: SchemeWord
    on: Day = Field(description="The day at whose end it was counted; it is over", examples=["2025-10-24"])
    population: Count = Field(description="How many live in the unit", examples=[26697])
    covered: Count = Field(description="How many of them the scheme covers", examples=[19702])

    def baseline(self, unit_code: str) -> Baseline:
        """As the baseline of that unit."""
        return Baseline(unit_code, self.scheme, self.on, self.population, self.covered)


class BaselineView(BaseModel):
    """A baseline that is set."""

    model_config = ConfigDict(from_attributes=True)

    unit_code: ShownUnit
    scheme: SchemeWord
    on: ShownDay = Field(description="The day at whose end it was counted", examples=["2025-10-24"])
    population: ShownCount = Field(description="How many live in the unit", examples=[26697])
    covered: ShownCount = Field(description="How many of them the scheme covers", examples=[19702])

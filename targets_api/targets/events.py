"""What is published of targets."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.context import Context
from services.contracts.targets import (
    RevisedTargetFacts,
    TargetFacts,
    TargetRevised,
    TargetSet,
    TargetWithdrawn,
    WithdrawnTargetFacts,
)
from services.ids import new_id
from targets_api.domain.target import Target


def target_set(target: Target, context: Context) -> TargetSet:
    """The event of a target that was set."""
    return TargetSet(**_attributes(target, context), data=TargetFacts(**_facts(target)))


def target_revised(target: Target, value_before: float, holds_from: date, context: Context) -> TargetRevised:
    """The event of a target whose value was changed."""
    data = RevisedTargetFacts(
        **_facts(target), version=target.version, value_before=value_before, holds_from=holds_from
    )
    return TargetRevised(**_attributes(target, context), data=data)


def target_withdrawn(target: Target, withdrawn_on: date, context: Context) -> TargetWithdrawn:
    """The event of a target that was withdrawn."""
    data = WithdrawnTargetFacts(**_facts(target), version=target.version, withdrawn_on=withdrawn_on)
    return TargetWithdrawn(**_attributes(target, context), data=data)


def _attributes(target: Target, context: Context) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subject": str(target.id),
        "time": context.at,
        "correlationid": context.correlation_id,
    }


def _facts(target: Target) -> dict[str, Any]:
    names = ("name", "scope", "scheme", "measure", "value", "starts_on", "ends_on", "parent_id")
    return {"target_id": target.id} | {name: getattr(target, name) for name in names}

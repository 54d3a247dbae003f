"""What is published of targets."""

from __future__ import annotations

from services.context import Context
from services.contracts.targets import TargetFacts, TargetSet
from services.ids import new_id
from targets_api.domain.target import Target


def target_set(target: Target, context: Context) -> TargetSet:
    """The event of a target that was set."""
    return TargetSet(
        id=new_id(),
        subject=str(target.id),
        time=context.now,
        correlationid=context.correlation_id,
        data=TargetFacts(
            target_id=target.id,
            name=target.name,
            scope=target.scope,
            scheme=target.scheme,
            measure=target.measure,
            value=target.value,
            starts_on=target.starts_on,
            ends_on=target.ends_on,
        ),
    )

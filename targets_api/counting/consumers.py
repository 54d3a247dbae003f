"""Enrolment events → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.clock import Clock
from services.context import context_of
from services.contracts.enrolment import EnrolmentRecorded
from services.messaging.consumer import Handler
from services.persistence.unit_of_work import UnitOfWork
from targets_api.counting.usecases import apply


def enrolment_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Handlers by event type."""

    async def on_recorded(work: UnitOfWork, events: Sequence[EnrolmentRecorded]) -> None:
        await apply(work, events, context_of(clock, events[-1].correlationid))

    return {"drive.enrolment.recorded.v1": on_recorded}

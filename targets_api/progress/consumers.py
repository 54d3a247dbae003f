"""Enrolment events → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.clock import Clock
from services.contracts.events import EnrolmentRecorded
from services.database import WriteSession
from services.messaging.consumer import Handler
from targets_api.occasion import occasion_of
from targets_api.progress.usecases import apply


def enrolment_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Handlers by event type."""

    async def on_recorded(session: WriteSession, events: Sequence[EnrolmentRecorded]) -> None:
        await apply(session, events, occasion_of(clock, events[-1].correlationid))

    return {"drive.enrolment.recorded.v1": on_recorded}

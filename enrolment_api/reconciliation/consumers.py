"""Requests to publish again → use-cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from enrolment_api.reconciliation.usecases import take_requests
from services.clock import Clock
from services.contracts.reconciliation import ResendRequested
from services.messaging.consumer import Handler
from services.persistence.unit_of_work import UnitOfWork


def resend_handlers(clock: Clock) -> Mapping[str, Handler]:
    """Handlers by event type."""

    async def on_requests(work: UnitOfWork, events: Sequence[ResendRequested]) -> None:
        await take_requests(work, events, clock)

    return {"drive.resend.requested.v1": on_requests}

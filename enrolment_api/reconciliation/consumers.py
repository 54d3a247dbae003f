"""Requests to publish again → use-cases."""

from __future__ import annotations

from collections.abc import Sequence

from enrolment_api.reconciliation.usecases import take_requests
from services.context import Context
from services.contracts.reconciliation import ResendRequested
from services.messaging.consumer import Handlers
from services.persistence.unit_of_work import UnitOfWork


async def on_resend_requested(work: UnitOfWork, context: Context, events: Sequence[ResendRequested]) -> None:
    """Note what is asked of enrolment."""
    await take_requests(work, context, events)


HANDLERS: Handlers = {ResendRequested: on_resend_requested}

"""The request to publish events again."""

from __future__ import annotations

from datetime import datetime

from services.contracts.reconciliation import ResendFacts, ResendRequested
from services.contracts.sources import NOTIFICATIONS_SOURCE
from services.ids import new_id


def resend_requested(facts: ResendFacts, now: datetime, correlation_id: str) -> ResendRequested:
    """The event that asks the addressee for what is missing; `correlation_id` is that of its summary."""
    return ResendRequested(
        id=new_id(),
        source=NOTIFICATIONS_SOURCE,
        subject=facts.addressee,
        time=now,
        correlationid=correlation_id,
        data=facts,
    )

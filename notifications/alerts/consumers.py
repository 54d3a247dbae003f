"""Events of pace → use-cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from notifications.alerts.usecases import follow_pace
from notifications.domain.terms import Terms
from services.context import Context
from services.contracts.pace import PaceEvent, PaceFellBehind, PaceRecovered, PaceWorsened
from services.messaging.consumer import Handlers
from services.persistence.unit_of_work import UnitOfWork


def pace_handlers(terms: Terms, wake: Callable[[], None]) -> Handlers:
    """`wake` is called once the deliveries that they queued are committed."""

    async def on_pace(work: UnitOfWork, context: Context, events: Sequence[PaceEvent]) -> None:
        await follow_pace(work, context, events, terms)
        work.after_commit(wake)

    return {PaceFellBehind: on_pace, PaceWorsened: on_pace, PaceRecovered: on_pace}

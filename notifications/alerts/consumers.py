"""What happens to a target's pace, as it is heard here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from notifications.alerts.usecases import PaceEvent, follow_pace
from services.clock import Clock
from services.messaging.consumer import Handler
from services.persistence.unit_of_work import UnitOfWork


def pace_handlers(clock: Clock, new_id: Callable[[], UUID], wake: Callable[[], None]) -> Mapping[str, Handler]:
    """The handlers by event type; `wake` is called once what they queued is committed."""

    async def on_pace(work: UnitOfWork, events: Sequence[PaceEvent]) -> None:
        await follow_pace(work, events, now=clock.now(), new_id=new_id)
        work.after_commit(wake)

    return {
        "drive.pace.fell_behind.v1": on_pace,
        "drive.pace.worsened.v1": on_pace,
        "drive.pace.recovered.v1": on_pace,
    }

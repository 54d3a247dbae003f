"""A receiver as it is shown with its route."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

from notifications.domain.receiver import Receiver, ReceiverState, state_of
from notifications.tables.routing import RouteRow
from services.shown import ShownNumber, ShownText, ShownTime

_STATE: Final = (
    "`untried`: nothing was sent there yet; `ok`: it took the last message; `failing`: it did not; `paused`: nothing "
    "is sent before `paused_until`, since it asked for that or was away several times in a row; `disabled`: it is "
    "gone, and the route is to be put again"
)


class ReceiverView(BaseModel):
    """Whether messages arrive."""

    state: ReceiverState = Field(description=_STATE, examples=["ok"])
    failing_since: ShownTime | None = Field(
        description="Since when it has taken nothing that was sent, in UTC; null where it took the last message",
        examples=[None],
    )
    failures: ShownNumber = Field(description="Attempts in a row for which it was away", examples=[0])
    last_success_at: ShownTime | None = Field(description="When it took a message last, in UTC")
    last_error: ShownText | None = Field(description="What the last failure was", examples=[None])
    last_error_at: ShownTime | None = Field(description="When that was, in UTC", examples=[None])

    @classmethod
    def of(cls, route: RouteRow, receiver: Receiver, now: datetime) -> ReceiverView:
        """As it is now."""
        state = state_of(receiver, now, disabled_at=route.disabled_at, paused_until=route.paused_until)
        return cls(
            state=state,
            failing_since=receiver.failing_since,
            failures=receiver.failures,
            last_success_at=receiver.last_success_at,
            last_error=receiver.last_error,
            last_error_at=receiver.last_error_at,
        )

"""What every answer says of its freshness."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from services.shown import ShownCount, ShownTime
from targets_api.domain.freshness import Freshness


class WaitingEvents(BaseModel):
    """Events that are not in the figures: some could not be handled and are tried again or wait for a person, of others
    the source says that they are missing here."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    events: ShownCount = Field(description="How many are known of; there may be more", examples=[3])
    oldest: ShownTime = Field(description="Since when the first of them waits, in UTC")


class Fresh(BaseModel):
    """Remembered as UNTOLD, and told whenever the answer is sent."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, from_attributes=True)

    as_of: ShownTime | None = Field(
        description="The time of the newest sign-up event that is counted, of any unit, in UTC; null before the first, "
        "and with the scope progress:own"
    )
    waiting: WaitingEvents | None = Field(
        description="Events that are known to wait and are not in the figures; null where there are none, "
        "and with the scope progress:own, since they may be of others",
        examples=[None],
    )
    stale_since: ShownTime | None = Field(
        description="Where nothing has arrived for too long: the time, in UTC, up to which the figures are complete. "
        "What was signed up later is not in them. Null while the service keeps up",
        examples=[None],
    )


UNTOLD: Final[dict[str, Any]] = {"as_of": None, "waiting": None, "stale_since": None}
"""In the place of what is told: the values of `Fresh` in an answer as it is computed."""


def told(fresh: Freshness) -> bytes:
    """The fields of an answer that tell it, as JSON without braces."""
    waiting = fresh.waiting and WaitingEvents.model_validate(fresh.waiting)
    answer = Fresh(as_of=fresh.as_of, waiting=waiting, stale_since=fresh.stale_since)
    return answer.model_dump_json().encode()[1:-1]

"""What hushes an alert, and what routes hear of it once nothing does any more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from notifications.domain.alert import ChangeKind, Status
from notifications.domain.recipients import Concern, Told, news_of
from notifications.domain.silence import Silence, active_for

_LOOK_AGAIN: Final = timedelta(minutes=10)
"""After what an alert that is inhibited is looked at, even if the other was not seen to end: its end may have been
decided in a unit of work beside the one that withheld."""

TOLD_TO_ALL: Final[frozenset[ChangeKind]] = frozenset({"raised", "worsened", "timed_out"})
"""What every route is told that an alert concerns: no change before it is left to be told then."""


@dataclass(frozen=True, slots=True)
class Mute:
    """What hushes an alert: silences, the one that ends last is first, and the alert of a unit above."""

    silences: Sequence[Silence] = ()
    inhibitor: UUID | None = None

    def look_again_at(self, now: datetime) -> datetime:
        """When it may be over."""
        ends = [silence.ends_at for silence in self.silences]
        return max([*ends, now + _LOOK_AGAIN]) if self.inhibitor and not ends else max(ends, default=now)

    def __str__(self) -> str:
        """For people to read."""
        if not self.silences:
            return f"inhibited by the alert {self.inhibitor} of a unit above"
        first = self.silences[0]
        return f"silenced by {first.name} until {first.ends_at.isoformat(timespec='seconds')}"


def mute_of(concern: Concern, silences: Iterable[Silence], inhibitor: UUID | None, at: datetime) -> Mute | None:
    """What hushes the alert at that time; None where nothing does."""
    hushing = sorted(active_for(silences, concern, at), key=lambda silence: silence.ends_at, reverse=True)
    return Mute(hushing, inhibitor) if hushing or inhibitor else None


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was not told of an alert: the last change, None where that is only that the alert is there; and the routes
    that steps of an escalation have named, of which no others are told."""

    change: ChangeKind | None = None
    routes: tuple[str, ...] = ()

    def before(self, kind: ChangeKind) -> Withheld:
        """Before a change that is told."""
        return Withheld(None, self.routes) if kind in TOLD_TO_ALL else self

    def followed_by(self, kind: ChangeKind, routes: Iterable[str]) -> Withheld:
        """After another change that is not told."""
        return Withheld(self.change if kind == "escalated" else kind, (*self.routes, *routes))


class News(NamedTuple):
    """A change that is told late: of the alert as it stands."""

    kind: ChangeKind
    to: Told = "all"
    routes: tuple[str, ...] = ()


def news_after(withheld: Withheld, status: Status) -> Iterator[News]:
    """What routes hear, each at most the first that is for it. Nothing of an alert that is resolved."""
    if status == "resolved":
        return
    if withheld.routes:
        yield News("escalated", routes=withheld.routes)
    if withheld.change is not None:
        yield News(withheld.change, "told")
    yield News(news_of(status), "untold")

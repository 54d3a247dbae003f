"""What routes hear of an alert once nothing hushes it any more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from notifications.domain.alert import ChangeKind, Status
from notifications.domain.recipients import Told, news_of

TOLD_TO_ALL: Final[frozenset[ChangeKind]] = frozenset({"raised", "worsened", "timed_out"})
"""What every route is told that an alert concerns: no change before it is left to be told then."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was not told of an alert: the last change, None where that is only that the alert is there; and the routes
    that steps of an escalation have named, of which no others are told."""

    change: ChangeKind | None = None
    routes: tuple[str, ...] = ()

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

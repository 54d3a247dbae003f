"""Who acts, when, and because of what: the context of a use-case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.clock import Clock, on_day
from services.errors import Forbidden
from services.ids import new_id

ADMIN = "admin"
"""The scope that grants every other."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts for an organisation: a person or a client. `subject` is their id, `name` is for people to read, and
    personal data."""

    organisation_code: str
    subject: str
    scopes: frozenset[str]
    name: str | None = None

    def may(self, scope: str) -> bool:
        """Whether the scope is granted."""
        return scope in self.scopes or ADMIN in self.scopes

    def require(self, *scopes: str) -> None:
        """Raises Forbidden unless any one of the scopes is granted; where none is named, every client may."""
        if scopes and not any(map(self.may, scopes)):
            granted = " ".join(sorted(self.scopes)) or "none"
            raise Forbidden(f"this needs the scope {' or '.join(scopes)}; the token grants {granted}")

    def limited_to(self, *, unless: str) -> str | None:
        """The organisation of whose own alone the actor may know; None with the scope that is for everybody's."""
        return None if self.may(unless) else self.organisation_code


@dataclass(frozen=True, slots=True)
class Context:
    """`today` is the business day; `correlation_id` goes into every event that the use-case publishes.

    `now` is this instant, in UTC, and real: for whatever is waited for. What happens is written and told as of `at`.

    `actor` is None where nobody asked: an event or the passing of time is the cause.
    """

    today: date
    now: datetime
    correlation_id: str
    actor: Actor | None = None

    @property
    def at(self) -> datetime:
        """This instant on the business day: `now`, unless the date is pinned (DRIVE_TODAY)."""
        return on_day(self.now, self.today)

    @property
    def told_later(self) -> timedelta:
        """What is added to a real instant where people are told of it: how far `at` is from `now`."""
        return self.at - self.now

    def organisation(self) -> str:
        """The organisation that acts. Raises ValueError where nobody asked."""
        if self.actor is None:
            raise ValueError("this is done on request only")
        return self.actor.organisation_code


def context_of(clock: Clock, correlation_id: str | None = None, actor: Actor | None = None) -> Context:
    """This moment, for the request or event with that correlation id; a new one where there is none."""
    now = clock.now()
    return Context(clock.day_of(now), now, correlation_id or str(new_id()), actor)

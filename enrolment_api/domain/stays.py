"""Which organisation a collector belongs to on a day: collectors move, and what they collected before stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from enrolment_api.domain.registry import Collector, Stay
from services.errors import Conflict, FieldError, Invalid

_DAY = timedelta(days=1)


class MoveInFuture(Invalid):
    """A move is registered on its day, or later."""

    code = "move-in-future"
    title = "The move lies in the future"
    remedy = "Send the move on its day, or later: `from` may be today at the latest."

    def __init__(self, today: date) -> None:
        detail = f"a collector moves today ({today} in Vietnam) at the latest: send a later move on its day"
        super().__init__(detail, (FieldError("/from", detail),))


class MoveBeforeLast(Conflict):
    """The stays of a collector are registered in the order of their days."""

    code = "move-before-last"
    title = "The collector has moved since"
    remedy = "Give a `from` that is not before that of the last move: earlier stays are history."

    def __init__(self, collector: Collector) -> None:
        stay = f"{collector.code} belongs to {collector.organisation_code} since {collector.from_on}"
        detail = f"{stay}: give that or a later day"
        super().__init__(detail, (FieldError("/from", detail),))


class MoveWithoutDay(Invalid):
    """A row of a file moves nobody unless it says since when."""

    code = "move-without-day"
    title = "A move in a file needs its day"
    remedy = "Give `from`: since when the collector belongs to the organisation."

    def __init__(self, collector: Collector) -> None:
        stay = f"{collector.code} belongs to {collector.organisation_code}"
        since = f" since {collector.from_on}" if collector.from_on else ""
        detail = f"{stay}{since}: to register a move, give the day since when they belong to another organisation"
        super().__init__(detail, (FieldError("/from", detail),))


@dataclass(frozen=True, slots=True)
class Employment:
    """The stays of one collector, in any order."""

    stays: tuple[Stay, ...]

    def organisation_on(self, day: date) -> str | None:
        """The organisation of that day; None before the first stay."""
        return next((stay.organisation_code for stay in self.stays if stay.includes(day)), None)

    def days_with(self, organisation_code: str) -> list[str]:
        """The days of the stays with that organisation, in words, the earliest first."""
        own = [stay for stay in self.stays if stay.organisation_code == organisation_code]
        return [stay.days() for stay in sorted(own, key=lambda stay: stay.from_on or date.min)]


def moved(before: Collector | None, wanted: Collector, today: date) -> Collector:
    """The collector as it is to be registered, its earlier stays included.

    A change of the organisation counts from `wanted.from_on`, or from today where none is given; on the day of the last
    move it corrects that move. A stay that is on record changes nothing but the name. Raises MoveInFuture,
    MoveBeforeLast.
    """
    if before is None:
        return wanted
    if wanted.from_on is not None and _is_on_record(before, wanted):
        return replace(before, name=wanted.name)
    if wanted.organisation_code == before.organisation_code:
        return replace(before, name=wanted.name, from_on=_begin(before, wanted.from_on))
    begun = before.from_on
    on = wanted.from_on or max(today, begun or today)
    if begun is not None and on < begun:
        raise MoveBeforeLast(before)
    after = replace(before, name=wanted.name, organisation_code=wanted.organisation_code)
    if on == begun:
        return after
    if on > today:
        raise MoveInFuture(today)
    left = Stay(before.organisation_code, begun, on - _DAY)
    return replace(after, from_on=on, stays=(*before.stays, left))


def listed(before: Collector | None, wanted: Collector, today: date) -> Collector:
    """The collector as it is to be registered by a row of a file, which may be sent again when others have moved them.

    A row without a day is the stay since always: it says where the collector was first, or is now, and moves nobody.
    Raises MoveWithoutDay, MoveInFuture, MoveBeforeLast.
    """
    if before is None or wanted.from_on is not None:
        return moved(before, wanted, today)
    first, *_ = stays_of(before)
    if wanted.organisation_code not in {first.organisation_code, before.organisation_code}:
        raise MoveWithoutDay(before)
    return replace(before, name=wanted.name)


def _is_on_record(before: Collector, wanted: Collector) -> bool:
    """Whether that organisation and that first day are those of a stay."""
    begun = {(stay.organisation_code, stay.from_on) for stay in stays_of(before)}
    return (wanted.organisation_code, wanted.from_on) in begun


def _begin(before: Collector, wanted: date | None) -> date | None:
    """The first stay may turn out to have begun earlier; none begins within another."""
    if wanted is None or before.from_on is None or wanted >= before.from_on:
        return before.from_on
    if before.stays:
        raise MoveBeforeLast(before)
    return wanted


def stays_of(collector: Collector) -> Sequence[Stay]:
    """Its stays, the earliest first."""
    return (*collector.stays, Stay(collector.organisation_code, collector.from_on))

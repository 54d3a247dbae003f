"""From when to when a sign-up covers, among the other cover of the person by the same scheme."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from services.calendar import add_months
from services.errors import Conflict, FieldError
from services.vocabulary import Kind, Scheme


class AlreadyCovered(Conflict):
    """The person has cover from this scheme for that time."""

    code = "already-covered"
    title = "The person is already covered by this scheme"
    remedy = "Nothing, if you signed them up; else renew from the day that `detail` names."

    def __init__(self, renewable_from: date | None = None, covered_from: date | None = None) -> None:
        when = f"their cover can be renewed from {renewable_from} on" if renewable_from else "look at it again later"
        since = f" from {covered_from} on, within the months of this sign-up" if covered_from else ""
        remedy = f"this person is already covered by this scheme{since}; {when}"
        super().__init__(remedy, (FieldError("/participant/personal_id", remedy),))


class Cover(NamedTuple):
    """Days, both included, for which a person is covered."""

    first: date
    last: date


GAP_DAYS = 90
"""Health: so many whole days without cover, and a person counts as new again."""
GAP_MONTHS = 3
"""Voluntary insurance: so many whole months without cover."""
WAITING_DAYS = 30
"""The first health card is valid so many days after it was paid for (Law on Health Insurance Art. 16)."""
RENEWAL_WINDOW_DAYS = 60
"""How long before the running cover ends it can be renewed. Our own rule, not the law's: whoever signs up earlier most
likely does not know of the cover they have, and would pay twice."""
LOOK_BACK_DAYS = 130
"""Cover that ended longer before the signing decides nothing: three whole months and the running one are fewer days."""

_ONE_DAY = timedelta(days=1)
_WINDOW = timedelta(days=RENEWAL_WINDOW_DAYS)


def cover(scheme: Scheme, signed_on: date, months: int, others: Iterable[Cover]) -> tuple[Kind, Cover]:
    """Kind and days of the cover. `others` is what the person has of the same scheme, before and after; no two overlap.

    The cover begins after the one that is in its way, however early it is renewed, and may end before one that begins
    later. Raises AlreadyCovered where it would overlap, or renews what runs on for longer than the window of renewal.
    """
    known = sorted(others)
    if scheme == "voluntary_social":
        first = _first_free(signed_on.replace(day=1), known)
        first = first if first.day == 1 else add_months(first.replace(day=1), 1)
        kind: Kind = "new" if _months_without(known, first) >= GAP_MONTHS else "renewal"
    else:
        kind = "new" if _days_without(known, signed_on) >= GAP_DAYS else "renewal"
        first = _first_free(signed_on + timedelta(days=WAITING_DAYS) if kind == "new" else signed_on, known)
    wanted = Cover(first, last_day(first, months))
    later = [other for other in known if other.last >= first]
    if later and later[0].first <= wanted.last:
        raise AlreadyCovered(later[-1].last - _WINDOW, later[0].first)
    if signed_on < (renewable_from := first - _ONE_DAY - _WINDOW):
        raise AlreadyCovered(renewable_from)  # pushed there by another cover, which runs on
    return kind, wanted


def days_of_renewal(scheme: Scheme, last: date) -> Cover:
    """From when to when a sign-up follows on a cover that ends on this day: the first day on which it is taken, and the
    last on which it counts as a renewal."""
    if scheme == "voluntary_social":
        return Cover(last - _WINDOW, add_months(last.replace(day=1), GAP_MONTHS + 1) - _ONE_DAY)
    return Cover(last - _WINDOW, last + timedelta(days=GAP_DAYS))


def last_day(first: date, months: int) -> date:
    """The day before the same day so many months later; the end of that month where it has no such day.

    Civil Code Art. 147 and 148: a period in months ends with the last day of a month that lacks its day.
    """
    same_day = add_months(first, months)
    lacks_it = same_day.day < first.day
    return same_day if lacks_it else same_day - _ONE_DAY


def _first_free(earliest: date, known: Sequence[Cover]) -> date:
    first = earliest
    for other in known:
        if other.first <= first <= other.last:
            first = other.last + _ONE_DAY
    return first


def _days_without(known: Sequence[Cover], signed_on: date) -> int:
    """Whole days between the last cover and the signing."""
    before = [other for other in known if other.first <= signed_on]
    return (signed_on - before[-1].last).days - 1 if before else GAP_DAYS


def _months_without(known: Sequence[Cover], first: date) -> int:
    """Whole months between the last cover and the first day of the next."""
    before = [other for other in known if other.last < first]
    if not before:
        return GAP_MONTHS
    last = before[-1].last
    ended = last if last.day == monthrange(last.year, last.month)[1] else last.replace(day=1) - _ONE_DAY
    return (first.year - ended.year) * 12 + first.month - ended.month - 1

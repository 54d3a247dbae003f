"""From when to when a sign-up covers, and whether the person is covered already."""

from __future__ import annotations

from datetime import date, timedelta

from services.calendar import add_months
from services.errors import Conflict, FieldError
from services.vocabulary import Kind, Scheme


class AlreadyCovered(Conflict):
    """The person has cover from this scheme for that time."""

    code = "already-covered"
    title = "The person is already covered by this scheme"
    remedy = "Nothing, if you signed them up; else renew from the day that `detail` names."

    def __init__(self, renewable_from: date | None = None) -> None:
        when = f"their cover can be renewed from {renewable_from} on" if renewable_from else "look at it again later"
        remedy = f"this person is already covered by this scheme; {when}"
        super().__init__(remedy, (FieldError("/participant/personal_id", remedy),))


GAP_DAYS = 90
"""A person without cover for three months or longer counts as new again, as if signed up for the first time."""


WAITING_DAYS = 30
"""The first health card is valid so many days after it was paid for (Law on Health Insurance Art. 16)."""


RENEWAL_WINDOW_DAYS = 60
"""How long before the running cover ends it can be renewed. Our own rule, not the law's: whoever signs up earlier most
likely does not know of the cover they have, and would pay twice."""


_ONE_DAY = timedelta(days=1)


def cover(scheme: Scheme, signed_on: date, months: int, last_covered_to: date | None) -> tuple[Kind, date, date]:
    """Kind, first and last day of cover. Raises AlreadyCovered.

    The cover begins after the last one has ended, however early it is renewed, so that the two never overlap. Voluntary
    insurance covers whole calendar months.
    """
    if last_covered_to and (last_covered_to - signed_on).days > RENEWAL_WINDOW_DAYS:
        raise AlreadyCovered(last_covered_to - timedelta(days=RENEWAL_WINDOW_DAYS))
    kind: Kind = "new" if last_covered_to is None or (signed_on - last_covered_to).days >= GAP_DAYS else "renewal"
    earliest = _first_day(scheme, signed_on, kind)
    first = max(earliest, last_covered_to + _ONE_DAY) if last_covered_to else earliest
    if scheme == "voluntary_social" and first.day != 1:
        first = add_months(first.replace(day=1), 1)
    return kind, first, add_months(first, months) - _ONE_DAY


def _first_day(scheme: Scheme, signed_on: date, kind: Kind) -> date:
    """When the cover begins if no other cover is in its way."""
    if scheme == "voluntary_social":
        return signed_on.replace(day=1)
    return signed_on + timedelta(days=WAITING_DAYS) if kind == "new" else signed_on

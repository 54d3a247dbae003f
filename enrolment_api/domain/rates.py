"""The figures that the law or a locality may change: tables of entries, each in force from a day on. Pure.

`enrolment_api.contributions` reads them from files; what they are used for is in `health`, `voluntary` and
`local_support` of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from services.errors import FieldError, Invalid
from services.vocabulary import Scheme, Vnd


class NoRatesYet(Invalid):
    """The day is before the first, or after the last, for which a figure is known."""

    code = "no-rates"
    title = "No rates are known for that day"
    remedy = "Check the day: `signed_on`, of a quote `on`."

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy, (FieldError("/signed_on", remedy),))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """In force from `since` on, until the next entry of its kind begins, and no longer than `until` where that is
    given; both days included. `source` is the text of the law that says so."""

    since: date
    source: str
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Amount(Entry):
    """VND."""

    vnd: Vnd


@dataclass(frozen=True, kw_only=True)
class Percent(Entry):
    """A share."""

    percent: Decimal


@dataclass(frozen=True, kw_only=True)
class Members(Entry):
    """What each member of a household pays, in percent of what the first one pays; the last holds for all after it."""

    percents: tuple[Decimal, ...]


@dataclass(frozen=True, kw_only=True)
class HealthPeriods(Entry):
    """For how many months can be paid at once."""

    months: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class VoluntaryPeriods(Entry):
    """For how many months can be paid at once: as they come, ahead with a discount, or at most for missing time."""

    months: tuple[int, ...]
    ahead: tuple[int, ...]
    most_missing: int


@dataclass(frozen=True, kw_only=True)
class Support(Entry):
    """What the state pays for a group, in percent: of the contribution (health), or of the contribution on the poverty
    line (voluntary)."""

    group: str
    percent: Decimal


@dataclass(frozen=True, kw_only=True)
class Incomes(Entry):
    """Which incomes can be insured: multiples of `step` VND, up to so many times the reference level."""

    times: int
    step: Vnd


@dataclass(frozen=True, kw_only=True)
class MostMonths(Entry):
    """For how many months a person is supported by the state at most."""

    months: int


@dataclass(frozen=True, kw_only=True)
class MonthlyRate(Entry):
    """A rate of interest, in percent a month."""

    percent_a_month: Decimal


@dataclass(frozen=True, kw_only=True)
class MissingRate(MonthlyRate):
    """The interest on missing time, and whether contributions for missing time are supported."""

    supported: bool


@dataclass(frozen=True, kw_only=True)
class LocalSupport(Entry):
    """What a locality pays for those who live in a unit or below it: a share of what is due, or VND a month.

    `group` is None where it is for whoever no other entry of the unit names.
    """

    scheme: Scheme
    unit_code: str
    group: str | None = None
    percent_of_due: Decimal | None = None
    vnd_a_month: Vnd | None = None


@dataclass(frozen=True, slots=True)
class HealthRates:
    """Household health insurance."""

    base_salary: Sequence[Amount]
    rate: Sequence[Percent]
    """Of the base salary a month, for the first member."""
    members: Sequence[Members]
    periods: Sequence[HealthPeriods]
    support: Sequence[Support]


@dataclass(frozen=True, slots=True)
class VoluntaryRates:
    """Voluntary social insurance."""

    rate: Sequence[Percent]
    """Of the chosen monthly income."""
    poverty_line: Sequence[Amount]
    """That of rural areas, VND a month: the lowest income, and what support is computed of."""
    reference_level: Sequence[Amount]
    incomes: Sequence[Incomes]
    periods: Sequence[VoluntaryPeriods]
    support: Sequence[Support]
    most_supported: Sequence[MostMonths]
    discount: Sequence[MonthlyRate]
    """For years ahead."""
    interest: Sequence[MissingRate]
    """For missing time."""


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """All tables; the entries of each in the order of their days. Two are equal where they are the same object."""

    health: HealthRates
    voluntary: VoluntaryRates
    local_support: Sequence[LocalSupport]


E = TypeVar("E", bound=Entry)


def found(table: Sequence[E], on: date, of: Callable[[E], bool] = lambda _: True) -> E | None:
    """The entry in force on a day, among those that are `of` a kind: the latest that has begun, unless it has ended."""
    for entry in reversed(table):
        if entry.since <= on and of(entry):
            return entry if entry.until is None or on <= entry.until else None
    return None


def in_force(table: Sequence[E], on: date) -> E:
    """The same, where there has to be one. Raises NoRatesYet."""
    entry = found(table, on)
    if entry is None:
        first, last = table[0].since, table[-1].until
        ended = f" to {last}" if last and on > last else ""
        raise NoRatesYet(f"rates are known from {first}{ended} on, and not for {on}: check the day")
    return entry

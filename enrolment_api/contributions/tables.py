"""The tables of a file of rates: the form of each entry, and what tells two of them apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from enrolment_api.domain import rates
from services.names import CODE
from services.vocabulary import Scheme

LARGEST_AMOUNT: Final = 10**9
"""VND a month."""
LONGEST: Final = 60
"""Months that can be paid at once: what a sign-up may say."""


def _ascending(months: tuple[int, ...]) -> tuple[int, ...]:
    if list(months) != sorted(set(months)):
        raise ValueError("give each number once, the lowest first")
    return months


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("a number is expected, without quotes")
    return Decimal(value)


Vnd: TypeAlias = Annotated[int, Field(gt=0, le=LARGEST_AMOUNT)]
Share: TypeAlias = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=100, decimal_places=4)]
RateAMonth: TypeAlias = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, le=1, decimal_places=8)]
"""Percent. Above 1 it is most likely that of a year; and years ahead would cost less than one."""
Months: TypeAlias = Annotated[int, Field(ge=1, le=LONGEST)]
Periods: TypeAlias = Annotated[tuple[Months, ...], Field(max_length=LONGEST), AfterValidator(_ascending)]
GROUP: Final = r"^[a-z][a-z0-9_]{0,63}$"
Group: TypeAlias = Annotated[str, StringConstraints(pattern=GROUP)]


class _Entry(BaseModel):
    """The fields of every entry."""

    model_config = ConfigDict(extra="forbid", strict=True)

    since: date
    until: date | None = None
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> _Entry:
        if self.until and self.until < self.since:
            raise ValueError("until must not be before since")
        return self


class _Amount(_Entry):
    vnd: Vnd


class _Percent(_Entry):
    percent: Annotated[Share, Field(gt=0)]


class _Members(_Entry):
    percents: Annotated[tuple[Annotated[Share, Field(gt=0)], ...], Field(min_length=1, max_length=50)]


class _HealthPeriods(_Entry):
    months: Annotated[Periods, Field(min_length=1)]


class _VoluntaryPeriods(_HealthPeriods):
    ahead: Periods
    most_missing: Annotated[int, Field(ge=0, le=LONGEST)]

    @model_validator(mode="after")
    def _ahead_is_longer(self) -> _VoluntaryPeriods:
        if self.ahead and self.ahead[0] <= self.months[-1]:
            raise ValueError("each number of ahead must be above those of months")
        return self


class _Support(_Entry):
    group: Group
    percent: Share


class _Incomes(_Entry):
    times: Annotated[int, Field(ge=1, le=1000)]
    step: Vnd


class _MostMonths(_Entry):
    months: Annotated[int, Field(ge=0, le=1200)]


class _MonthlyRate(_Entry):
    until: date
    percent_a_month: RateAMonth


class _MissingRate(_MonthlyRate):
    supported: bool


class _LocalSupport(_Entry):
    scheme: Scheme
    unit_code: Annotated[str, StringConstraints(pattern=CODE, max_length=64)]
    group: Group | None = None
    percent_of_due: Annotated[Share, Field(gt=0)] | None = None
    vnd_a_month: Vnd | None = None

    @model_validator(mode="after")
    def _says_how_much(self) -> _LocalSupport:
        if (self.percent_of_due is None) == (self.vnd_a_month is None):
            raise ValueError("give either percent_of_due or vnd_a_month")
        return self


@dataclass(frozen=True)
class Table:
    """`form` checks an entry, `entry` is what it becomes; two entries with the same `key` are one. A `needed` table has
    an entry."""

    form: type[_Entry]
    entry: type[rates.Entry]
    key: tuple[str, ...] = ("since",)
    needed: bool = True

    def checked(self, value: object) -> rates.Entry:
        """The entry. Raises ValidationError."""
        return self.entry(**self.form.model_validate(value).model_dump())

    def identity(self, entry: rates.Entry) -> tuple[Any, ...]:
        """What an entry of another file replaces it by."""
        return tuple(_folded(getattr(entry, name)) for name in self.key)


def _folded(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


_GROUPED: Final = ("group", "since")
TABLES: Final[dict[str, Table]] = {
    "health.base_salary": Table(_Amount, rates.Amount),
    "health.rate": Table(_Percent, rates.Percent),
    "health.members": Table(_Members, rates.Members),
    "health.periods": Table(_HealthPeriods, rates.HealthPeriods),
    "health.support": Table(_Support, rates.Support, _GROUPED),
    "voluntary.rate": Table(_Percent, rates.Percent),
    "voluntary.poverty_line": Table(_Amount, rates.Amount),
    "voluntary.reference_level": Table(_Amount, rates.Amount),
    "voluntary.incomes": Table(_Incomes, rates.Incomes),
    "voluntary.periods": Table(_VoluntaryPeriods, rates.VoluntaryPeriods),
    "voluntary.support": Table(_Support, rates.Support, _GROUPED),
    "voluntary.most_supported": Table(_MostMonths, rates.MostMonths),
    "voluntary.discount": Table(_MonthlyRate, rates.MonthlyRate, needed=False),
    "voluntary.interest": Table(_MissingRate, rates.MissingRate, needed=False),
    "local_support": Table(_LocalSupport, rates.LocalSupport, ("scheme", "unit_code", "group", "since"), needed=False),
}

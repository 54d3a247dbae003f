"""What a contribution depends on, the lines that it consists of, and why there may be none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

from enrolment_api.domain.rates import Support, found
from services.errors import FieldError, Invalid
from services.vocabulary import Scheme, Vnd

Payment: TypeAlias = Literal["regular", "missing"]
"""What voluntary insurance is paid for: months that come, or time that is missing for a pension."""
LineKind: TypeAlias = Literal["contribution", "discount", "interest", "state_support", "local_support"]


class UnsupportedMonths(Invalid):
    """The scheme is not paid for that many months at once."""

    code = "unsupported-months"
    title = "The scheme is not paid for that many months"
    remedy = "Choose one of the numbers that `detail` names."

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy, (FieldError("/months", remedy),))


class IncomeOutOfRange(Invalid):
    """The chosen income is below the poverty line, above the ceiling, or between two steps."""

    code = "income-out-of-range"
    title = "The chosen monthly income cannot be insured"
    remedy = "Choose an income within the bounds and steps that `detail` names."

    def __init__(self, floor: Vnd, ceiling: Vnd, step: Vnd) -> None:
        remedy = f"choose a multiple of {step} VND from {floor} to {ceiling}"
        super().__init__(remedy, (FieldError("/monthly_income", remedy),))


class UnknownSupportGroup(Invalid):
    """The scheme has no such group on that day."""

    code = "unknown-support-group"
    title = "The scheme does not know this group"
    remedy = "Choose one of the groups that `detail` names."

    def __init__(self, group: str, scheme: Scheme, on: date, known: Iterable[str]) -> None:
        remedy = f"{group} is no group of {scheme} on {on}: choose one of {', '.join(known)}"
        super().__init__(remedy, (FieldError("/support_group", remedy),))


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides on a contribution, beside the rates.

    `on` is the day of the signing: what is in force then holds for all months that are paid. `member_no` counts the
    members of a household from 1, `monthly_income` is VND, of voluntary insurance. `units` is where the person lives,
    and all units above. `supported_before` is for how many months the state has supported the person before.
    """

    scheme: Scheme
    on: date
    months: int
    support_group: str = "none"
    member_no: int = 1
    monthly_income: Vnd = 0
    payment: Payment = "regular"
    units: tuple[str, ...] = ()
    supported_before: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A part of what is payable: `amount` VND for all of its months, below 0 where it is taken off.

    Of `base` VND, `rate` percent are `a_month` VND, half a đồng rounded up; `rate` is None where no share is taken,
    `a_month` where the months differ. `text` says it for people, `source` names the rule.
    """

    what: LineKind
    base: Vnd
    rate: Decimal | None
    months: int
    amount: Vnd
    source: str
    text: str
    a_month: Vnd | None = None

    def explained(self) -> str:
        """The line as a part of a sentence."""
        each = f"{abs(self.amount)}" if self.a_month is None else f"{self.a_month} a month"
        return f"{'less ' if self.amount < 0 else ''}{each} ({self.text}) for {counted(self.months)}"


def part(amount: Vnd, *percents: Decimal) -> Vnd:
    """A share of an amount, a share of that, and so on; half a đồng rounded up, once at the end."""
    exact = Decimal(amount)
    for percent in percents:
        exact *= percent / 100
    return int(exact.to_integral_value(ROUND_HALF_UP))


def support_of(table: Sequence[Support], terms: Terms) -> Support:
    """What the state pays for the group. Raises UnknownSupportGroup."""
    entry = found(table, terms.on, lambda each: each.group == terms.support_group)
    if entry is None:
        groups = list(dict.fromkeys(each.group for each in table if _is_in_force(table, each, terms.on)))
        raise UnknownSupportGroup(terms.support_group, terms.scheme, terms.on, groups)
    return entry


def _is_in_force(table: Sequence[Support], entry: Support, on: date) -> bool:
    return found(table, on, lambda each: each.group == entry.group) is entry


def one_of(numbers: Sequence[int]) -> str:
    """1, 3 or 6."""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} or {last}" if first else last


def counted(months: int) -> str:
    """1 month, 2 months."""
    return f"{months} month{'s' * (months != 1)}"


def plain(number: Decimal) -> str:
    """A number without zeros at its end."""
    return f"{number.normalize():f}"

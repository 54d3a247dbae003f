"""What a sign-up costs: whole VND, exact, by the rates in force on the day it was signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from services.errors import FieldError, Invalid
from services.vocabulary import Vnd


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


class NoRatesYet(Invalid):
    """The sign-up is older than the oldest rates known."""

    code = "no-rates"
    title = "No rates are known for that day"
    remedy = "Check `signed_on`."

    def __init__(self, first_day: date) -> None:
        remedy = f"rates are known from {first_day} on: check signed_on"
        super().__init__(remedy, (FieldError("/signed_on", remedy),))


HealthGroup: TypeAlias = Literal["none", "near_poor", "average_living_farm"]
VoluntaryGroup: TypeAlias = Literal["none", "poor", "island_commune", "near_poor", "ethnic_minority"]

Dated: TypeAlias = tuple[tuple[date, Vnd], ...]
"""Amounts and the day from which each is in force, earliest first."""

HEALTH_MONTHS = (3, 6, 12)
"""Decree 188/2025."""
VOLUNTARY_MONTHS = (1, 3, 6, 12)
"""Law 41/2024 Art. 36. Two to five years ahead are discounted by law, and are not taken yet."""


@dataclass(frozen=True, slots=True)
class HealthRates:
    """Household health insurance, Decree 188/2025 Art. 6.5."""

    base_salary: Dated
    permille: int
    """Of the base salary a month, for the first member."""
    member_percent: tuple[int, ...]
    """Of what the first member pays; the last share holds for every further member."""
    support_percent: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class VoluntaryRates:
    """Voluntary social insurance, Law 41/2024 Art. 31 and 36, Decree 159/2025 Art. 5-7."""

    poverty_line: Dated
    income_ceiling: Dated
    income_step: Vnd
    percent: int
    """Of the chosen monthly income."""
    support_percent: Mapping[str, int]
    """Of the contribution on the poverty line."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Every figure that the law may change."""

    health: HealthRates
    voluntary: VoluntaryRates


@dataclass(frozen=True, slots=True)
class Contribution:
    """What is due for all months, what of it the state pays, and what is left to the participant. VND."""

    due: Vnd
    state_support: Vnd
    payable: Vnd


def health_contribution(rates: HealthRates, on: date, months: int, member_no: int, group: str) -> Contribution:
    """For the household's `member_no`-th member (from 1), signed `on`. Raises UnsupportedMonths, NoRatesYet."""
    if months not in HEALTH_MONTHS:
        raise UnsupportedMonths("household health insurance is paid for 3, 6 or 12 months")
    share = rates.member_percent[min(member_no, len(rates.member_percent)) - 1]
    a_month = _part(in_force(rates.base_salary, on), rates.permille * share, 1000 * 100)
    return _contribution(a_month, _part(a_month, rates.support_percent[group]), months)


def how_health_is_due(rates: HealthRates, on: date, member_no: int) -> str:
    """How a month of a household's member comes about."""
    share = rates.member_percent[min(member_no, len(rates.member_percent)) - 1]
    base_salary = in_force(rates.base_salary, on)
    return f"member {member_no}: {share} % of {rates.permille / 10:g} % of the base salary, {base_salary}"


def how_voluntary_is_due(rates: VoluntaryRates, income: Vnd) -> str:
    """How a month on this income comes about."""
    return f"{rates.percent} % of the income, {income}"


def voluntary_contribution(rates: VoluntaryRates, on: date, months: int, income: Vnd, group: str) -> Contribution:
    """On a chosen monthly income, signed `on`. Raises UnsupportedMonths, IncomeOutOfRange, NoRatesYet."""
    if months not in VOLUNTARY_MONTHS:
        raise UnsupportedMonths(
            "voluntary social insurance is taken for 1, 3, 6 or 12 months; years ahead are discounted by law,"
            " and that discount is not built in yet: sign up 12 months"
        )
    floor, ceiling = in_force(rates.poverty_line, on), in_force(rates.income_ceiling, on)
    if not floor <= income <= ceiling or income % rates.income_step:
        raise IncomeOutOfRange(floor, ceiling, rates.income_step)
    support = _part(_part(floor, rates.percent), rates.support_percent[group])
    return _contribution(_part(income, rates.percent), support, months)


def in_force(amounts: Dated, on: date) -> Vnd:
    """The amount in force on a day. Raises NoRatesYet for a day before the first."""
    for since, amount in reversed(amounts):
        if since <= on:
            return amount
    raise NoRatesYet(amounts[0][0])


def _contribution(due_a_month: Vnd, support_a_month: Vnd, months: int) -> Contribution:
    due, support = due_a_month * months, support_a_month * months
    return Contribution(due, support, due - support)


def _part(amount: Vnd, numerator: int, denominator: int = 100) -> Vnd:
    """A share of an amount, half a đồng rounded up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)

"""What voluntary social insurance costs on a chosen income: Law 41/2024 Art. 31 and 36, Decree 159/2025. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from enrolment_api.domain.rates import VoluntaryPeriods, VoluntaryRates, found, in_force
from enrolment_api.domain.terms import (
    IncomeOutOfRange,
    Line,
    Terms,
    UnsupportedMonths,
    counted,
    one_of,
    part,
    plain,
    support_of,
)
from services.vocabulary import Vnd


def voluntary_lines(terms: Terms, rates: VoluntaryRates) -> list[Line]:
    """What is due, and what the state pays of it.

    Raises UnsupportedMonths, IncomeOutOfRange, UnknownSupportGroup, NoRatesYet.
    """
    periods = in_force(rates.periods, terms.on)
    _check_months(terms, periods)
    _check_income(terms, rates)
    due = _due(terms, rates)
    return [due, *_for_time(terms, rates, periods, due.a_month or 0), *_support(terms, rates)]


def is_supported(terms: Terms, rates: VoluntaryRates) -> bool:
    """Whether anybody pays a part: for missing time only where the entry of its interest says so."""
    interest = found(rates.interest, terms.on)
    return terms.payment == "regular" or (interest is not None and interest.supported)


def discounted(a_month: Vnd, months: int, percent_a_month: Decimal) -> Vnd:
    """VND for months ahead: the sum over i = 1 … months of a_month / (1 + r)^(i - 1), half a đồng rounded up.

    Decree 134/2015 Art. 10, which Decree 159/2025 follows (unconfirmed).
    """
    growth = 1 + Fraction(percent_a_month) / 100
    return _rounded(a_month * (1 - growth**-months) / (1 - 1 / growth))


def compounded(a_month: Vnd, months: int, percent_a_month: Decimal) -> Vnd:
    """VND for missing months: the sum over i = 1 … months of a_month * (1 + r)^i, half a đồng rounded up.

    Decree 134/2015 Art. 10, which Decree 159/2025 follows (unconfirmed).
    """
    growth = 1 + Fraction(percent_a_month) / 100
    return _rounded(a_month * growth * (growth**months - 1) / (growth - 1))


def _check_months(terms: Terms, periods: VoluntaryPeriods) -> None:
    if terms.payment == "missing":
        if terms.months > periods.most_missing:
            raise UnsupportedMonths(f"missing time is paid for {periods.most_missing} months at most")
    elif terms.months not in {*periods.months, *periods.ahead}:
        raise UnsupportedMonths(f"voluntary social insurance is paid for {_regular(periods)}{_ahead(periods)}")


def _regular(periods: VoluntaryPeriods) -> str:
    return f"{one_of(periods.months)} months"


def _ahead(periods: VoluntaryPeriods) -> str:
    return f", or with a discount for {one_of(periods.ahead)} months ahead" if periods.ahead else ""


def _check_income(terms: Terms, rates: VoluntaryRates) -> None:
    incomes, floor = in_force(rates.incomes, terms.on), in_force(rates.poverty_line, terms.on).vnd
    ceiling = incomes.times * in_force(rates.reference_level, terms.on).vnd
    if not floor <= terms.monthly_income <= ceiling or terms.monthly_income % incomes.step:
        raise IncomeOutOfRange(floor, ceiling, incomes.step)


def _due(terms: Terms, rates: VoluntaryRates) -> Line:
    rate = in_force(rates.rate, terms.on)
    a_month = part(terms.monthly_income, rate.percent)
    return Line(
        "contribution",
        base=terms.monthly_income,
        rate=rate.percent,
        months=terms.months,
        amount=a_month * terms.months,
        source=rate.source,
        text=f"{plain(rate.percent)} % of the income, {terms.monthly_income}",
        a_month=a_month,
    )


def _for_time(terms: Terms, rates: VoluntaryRates, periods: VoluntaryPeriods, a_month: Vnd) -> Iterator[Line]:
    """What paying years ahead takes off, or paying late adds."""
    if terms.payment == "missing":
        yield _interest(terms, rates, a_month)
    elif terms.months in periods.ahead:
        yield _discount(terms, rates, periods, a_month)


def _discount(terms: Terms, rates: VoluntaryRates, periods: VoluntaryPeriods, a_month: Vnd) -> Line:
    entry = found(rates.discount, terms.on)
    if entry is None:
        raise UnsupportedMonths(
            f"{terms.months} months ahead are paid with a discount, and its rate is not known for {terms.on}: the"
            " operator of the service gives it as voluntary.discount in the file that DRIVE_RATES_FILE names; until"
            f" then choose {_regular(periods)}"
        )
    rate = entry.percent_a_month
    return Line(
        "discount",
        base=a_month,
        rate=rate,
        months=terms.months,
        amount=discounted(a_month, terms.months, rate) - a_month * terms.months,
        source=entry.source,
        text=f"discount for paying ahead, {plain(rate)} % a month",
    )


def _interest(terms: Terms, rates: VoluntaryRates, a_month: Vnd) -> Line:
    entry = found(rates.interest, terms.on)
    if entry is None:
        raise UnsupportedMonths(
            f"missing time is paid with interest, and its rate is not known for {terms.on}: the operator of the service"
            " gives it as voluntary.interest in the file that DRIVE_RATES_FILE names"
        )
    rate = entry.percent_a_month
    return Line(
        "interest",
        base=a_month,
        rate=rate,
        months=terms.months,
        amount=compounded(a_month, terms.months, rate) - a_month * terms.months,
        source=entry.source,
        text=f"interest on missing time, {plain(rate)} % a month",
    )


def _support(terms: Terms, rates: VoluntaryRates) -> Iterator[Line]:
    """Of the contribution on the poverty line, for as many months as the person has left."""
    support = support_of(rates.support, terms)
    line, rate = in_force(rates.poverty_line, terms.on), in_force(rates.rate, terms.on)
    base = part(line.vnd, rate.percent)
    a_month = part(base, support.percent)
    if not a_month or not is_supported(terms, rates):
        return
    most = in_force(rates.most_supported, terms.on)
    months = min(terms.months, max(0, most.months - terms.supported_before))
    if months:
        share = f"{plain(support.percent)} % of {plain(rate.percent)} % of the rural poverty line, {line.vnd}"
        yield Line(
            "state_support",
            base=base,
            rate=support.percent,
            months=months,
            amount=-a_month * months,
            source=f"{support.source}; poverty line: {line.source}",
            text=f"state support of {support.group}: {share}",
            a_month=a_month,
        )
    if months < terms.months:
        yield Line(
            "state_support",
            base=base,
            rate=Decimal(0),
            months=terms.months - months,
            amount=0,
            source=most.source,
            text=f"no state support beyond {most.months} months a person; {counted(terms.supported_before)} before",
            a_month=0,
        )


def _rounded(exact: Fraction) -> Vnd:
    return int(exact + Fraction(1, 2))

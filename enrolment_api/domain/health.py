"""What household health insurance costs, by the number of the member: Decree 188/2025 Art. 6.5. Pure."""

from __future__ import annotations

from enrolment_api.domain.rates import HealthRates, in_force
from enrolment_api.domain.terms import Line, Terms, UnsupportedMonths, one_of, part, plain, support_of
from services.vocabulary import Vnd


def health_lines(terms: Terms, rates: HealthRates) -> list[Line]:
    """What is due, and what the state pays of it. Raises UnsupportedMonths, UnknownSupportGroup, NoRatesYet."""
    periods = in_force(rates.periods, terms.on)
    if terms.months not in periods.months:
        raise UnsupportedMonths(f"household health insurance is paid for {one_of(periods.months)} months")
    due, a_month = _due(terms, rates)
    return [due, *_support(terms, rates, a_month)]


def _due(terms: Terms, rates: HealthRates) -> tuple[Line, Vnd]:
    salary, rate = in_force(rates.base_salary, terms.on), in_force(rates.rate, terms.on)
    members = in_force(rates.members, terms.on)
    share = members.percents[min(terms.member_no, len(members.percents)) - 1]
    a_month = part(salary.vnd, rate.percent, share)
    line = Line(
        "contribution",
        base=salary.vnd,
        rate=rate.percent * share / 100,
        months=terms.months,
        amount=a_month * terms.months,
        source="; ".join(dict.fromkeys([rate.source, members.source, f"base salary: {salary.source}"])),
        text=f"member {terms.member_no}: {plain(share)} % of {plain(rate.percent)} % of the base salary, {salary.vnd}",
        a_month=a_month,
    )
    return line, a_month


def _support(terms: Terms, rates: HealthRates, due_a_month: Vnd) -> list[Line]:
    support = support_of(rates.support, terms)
    if not (a_month := part(due_a_month, support.percent)):
        return []
    line = Line(
        "state_support",
        base=due_a_month,
        rate=support.percent,
        months=terms.months,
        amount=-a_month * terms.months,
        source=support.source,
        text=f"state support of {support.group}: {plain(support.percent)} % of {due_a_month}",
        a_month=a_month,
    )
    return [line]

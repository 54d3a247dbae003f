"""Quotes: what would be payable for each of those who join together. Nothing is saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from enrolment_api.domain.contribution import Assessment, Contribution, assess
from enrolment_api.domain.rates import Rates
from enrolment_api.domain.terms import Payment, Terms
from enrolment_api.quotes.queries import find_units
from services.errors import DomainError, FieldError
from services.persistence.unit_of_work import ReadSession
from services.vocabulary import Scheme, Vnd


@dataclass(frozen=True, slots=True)
class Member:
    """One who is to join. `pointer` is where the request names them."""

    member_no: int
    support_group: str
    monthly_income: Vnd = 0
    supported_before: int = 0
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class WantedQuote:
    """Who would join on that day; `unit_code` is where they live, `pointer` where the request says all this."""

    scheme: Scheme
    on: date
    months: int
    members: Sequence[Member]
    payment: Payment = "regular"
    unit_code: str | None = None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class QuotedMember:
    """What one of them would pay."""

    member_no: int
    assessment: Assessment


async def units_of(session: ReadSession, wanted: WantedQuote, unit_code: str) -> tuple[str, ...]:
    """The unit that stands for this one on the day, and all above it.

    Raises UnknownUnit, UnitEnded, UnitNotYetValid, UnitTooLarge.
    """
    try:
        return await find_units(session, unit_code, wanted.on)
    except DomainError as refusal:
        raise refusal.below(wanted.pointer) from None


def quote(wanted: WantedQuote, units: tuple[str, ...], rates: Rates) -> list[QuotedMember]:
    """What each would pay.

    Raises UnsupportedMonths, IncomeOutOfRange, UnknownSupportGroup, NoRatesYet, by the fields of the request.
    """
    return [QuotedMember(member.member_no, _assessed(wanted, member, units, rates)) for member in wanted.members]


def total_of(members: Sequence[QuotedMember]) -> Contribution:
    """What all of them pay."""
    all_of_them = [member.assessment.contribution for member in members]
    return Contribution(
        due=sum(each.due for each in all_of_them),
        state_support=sum(each.state_support for each in all_of_them),
        local_support=sum(each.local_support for each in all_of_them),
        payable=sum(each.payable for each in all_of_them),
    )


def _assessed(wanted: WantedQuote, member: Member, units: tuple[str, ...], rates: Rates) -> Assessment:
    terms = Terms(
        scheme=wanted.scheme,
        on=wanted.on,
        months=wanted.months,
        support_group=member.support_group,
        member_no=member.member_no,
        monthly_income=member.monthly_income,
        payment=wanted.payment,
        units=units,
        supported_before=member.supported_before,
    )
    try:
        return assess(terms, rates)
    except DomainError as refusal:
        refusal.errors = tuple(_located(refusal.errors, wanted, member))
        raise


def _located(errors: Sequence[FieldError], wanted: WantedQuote, member: Member) -> Iterator[FieldError]:
    """The errors of a sign-up, where the request for a quote has these fields."""
    for error in errors:
        is_of_member = error.pointer in {"/support_group", "/monthly_income"}
        name = "/on" if error.pointer == "/signed_on" else error.pointer
        yield FieldError((member.pointer if is_of_member else wanted.pointer) + name, error.detail)

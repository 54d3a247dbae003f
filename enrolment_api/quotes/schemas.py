"""Queries, bodies and answers of quotes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field

from enrolment_api.domain.contribution import Contribution
from enrolment_api.domain.terms import Line, LineKind
from enrolment_api.enrolments.sign_up_body import Amount, Months, PaidFor, SupportGroup
from enrolment_api.quotes.usecases import Member, QuotedMember, WantedQuote, total_of
from services.errors import Invalid
from services.shown import MOST_VND, ShownAmount, ShownDay, ShownNumber, ShownText, shown
from services.vocabulary import Scheme
from services.web.fields import Day, RequestBody, UnitCode, digits
from services.web.lists import QueryParameters

MOST_MEMBERS: Final = 50
MOST_SUPPORTED: Final = 1200
_ON: Final = "The day of the signing; without it, today"
_UNIT: Final = "Where the person lives: without it, no locality pays a part"
_SUPPORTED: Final = "For how many months the state has supported the person in voluntary insurance before"


class QuoteQuery(QueryParameters):
    """One person: a member of a household, or one who joins voluntary insurance."""

    scheme: Scheme = Field(description="Household health insurance or voluntary", examples=["household_health"])
    on: Day | None = Field(None, description=_ON, examples=["2025-10-25"])
    months: Annotated[int, digits(least=1, most=60)] = Field(description="For how many months", examples=[12])
    member_no: Annotated[int, digits(least=1, most=MOST_MEMBERS)] | None = Field(
        None,
        description="Household health insurance: which member of the household, 1 where it is left out",
        examples=[1],
    )
    support_group: SupportGroup = "none"
    unit_code: UnitCode | None = Field(None, description=_UNIT, examples=["15142"])
    monthly_income: Annotated[int, digits(least=0, most=10**9)] | None = Field(
        None, description="Voluntary insurance: the income to be insured, in whole VND a month", examples=[1500000]
    )
    payment: PaidFor | None = None
    supported_months: Annotated[int, digits(least=0, most=MOST_SUPPORTED)] | None = Field(
        None, description=f"Voluntary insurance: {_SUPPORTED[0].lower()}{_SUPPORTED[1:]}", examples=[0]
    )

    def wanted(self, today: date) -> WantedQuote:
        """As a quote is made. Raises Invalid where a field is not one of the scheme, or is missing."""
        self._check_scheme()
        member = Member(
            self.member_no or 1, self.support_group, self.monthly_income or 0, self.supported_months or 0, "/query"
        )
        return WantedQuote(
            self.scheme, self.on or today, self.months, [member], self.payment or "regular", self.unit_code, "/query"
        )

    def _check_scheme(self) -> None:
        is_health = self.scheme == "household_health"
        foreign = ("monthly_income", "payment", "supported_months") if is_health else ("member_no",)
        for name in foreign:
            if getattr(self, name) is not None:
                raise Invalid.field(f"/query/{name}", f"this is not for {self.scheme}: leave it out")
        if not is_health and self.monthly_income is None:
            raise Invalid.field("/query/monthly_income", "for voluntary_social this is required")


class HealthMember(RequestBody):
    """A member of a household, in the order in which they join."""

    member_no: Annotated[int, Field(ge=1, le=MOST_MEMBERS, json_schema_extra={"format": "int32"})] | None = Field(
        None,
        description="Where others have joined before: which member this is. Left out, the place here",
        examples=[3],
    )
    support_group: SupportGroup = "none"


class VoluntaryMember(RequestBody):
    """Somebody who joins voluntary insurance."""

    monthly_income: Amount = Field(description="The income to be insured, in whole VND a month", examples=[1500000])
    support_group: SupportGroup = "none"
    supported_months: Annotated[int, Field(ge=0, le=MOST_SUPPORTED, json_schema_extra={"format": "int32"})] = Field(
        0, description=_SUPPORTED, examples=[0]
    )


class _QuoteBody(RequestBody):
    on: Day | None = Field(None, description=_ON, examples=["2025-10-25"])
    months: Months = Field(description="For how many months", examples=[12])
    unit_code: UnitCode | None = Field(None, description=_UNIT, examples=["15142"])


class HealthQuote(_QuoteBody):
    """The members of a household who join together, member 1 first."""

    scheme: Literal["household_health"] = Field(description="Household health insurance")
    members: Annotated[
        list[HealthMember], Field(min_length=1, max_length=MOST_MEMBERS, description="Member 1, member 2, and so on")
    ]

    def wanted(self, today: date) -> WantedQuote:
        """As a quote is made. Raises Invalid where not each member has a number of their own, or none has one."""
        self._check_numbers()
        members = [
            Member(each.member_no or number, each.support_group, pointer=f"/members/{number - 1}")
            for number, each in enumerate(self.members, 1)
        ]
        return WantedQuote(self.scheme, self.on or today, self.months, members, unit_code=self.unit_code)

    def _check_numbers(self) -> None:
        numbers = [each.member_no for each in self.members]
        for place, number in enumerate(numbers):
            if number is None and any(numbers):
                raise Invalid.field(
                    f"/members/{place}/member_no", "others have one: give it for each member, or for none"
                )
            if number is not None and number in numbers[:place]:
                raise Invalid.field(
                    f"/members/{place}/member_no", f"another member is number {number}: give each their own"
                )


class VoluntaryQuote(_QuoteBody):
    """People who join voluntary insurance, each for themselves."""

    scheme: Literal["voluntary_social"] = Field(description="Voluntary social insurance")
    payment: PaidFor | None = None
    members: Annotated[
        list[VoluntaryMember], Field(min_length=1, max_length=MOST_MEMBERS, description="Those who join")
    ]

    def wanted(self, today: date) -> WantedQuote:
        """As a quote is made."""
        members = [
            Member(number, each.support_group, each.monthly_income, each.supported_months, f"/members/{number - 1}")
            for number, each in enumerate(self.members, 1)
        ]
        on, payment = self.on or today, self.payment or "regular"
        return WantedQuote(self.scheme, on, self.months, members, payment, self.unit_code)


QuoteBody: TypeAlias = Annotated[
    HealthQuote | VoluntaryQuote,
    Field(discriminator="scheme", title="QuoteRequest", description="Who would join, by the scheme."),
]
QUOTE_EXAMPLES: Final[dict[str, Any]] = {
    "household_health": {
        "value": {
            "scheme": "household_health",
            "on": "2025-10-25",
            "months": 12,
            "members": [{"support_group": "near_poor"}, {"support_group": "near_poor"}, {}],
        }
    },
    "voluntary_social": {
        "value": {
            "scheme": "voluntary_social",
            "on": "2025-10-25",
            "months": 12,
            "members": [{"monthly_income": 1500000, "support_group": "poor"}],
        }
    },
}


class QuoteLine(BaseModel):
    """A part of what is payable. All lines of a member sum to it."""

    what: LineKind = Field(
        description="`contribution`; `discount` for years ahead, `interest` on missing time; what the state"
        " (`state_support`) and the locality (`local_support`) pay",
        examples=["contribution"],
    )
    base: ShownAmount = Field(description="Of what, in whole VND", examples=[2340000])
    rate: float | None = shown("Percent of the base; null where an amount a month is given", 4.5, format="double")
    months: ShownNumber = Field(description="For how many months", examples=[12])
    amount: int = shown(
        "Whole VND for all of these months, below 0 where it is taken off",
        1263600,
        minimum=-MOST_VND,
        maximum=MOST_VND,
        format="int64",
    )
    source: ShownText = Field(
        description="The rule", examples=["Decree 188/2025 Art. 6.5; base salary: Decree 73/2024"]
    )
    text: ShownText = Field(
        description="How it comes about", examples=["member 1: 100 % of 4.5 % of the base salary, 2340000"]
    )


class QuoteTotal(BaseModel):
    """VND for all months."""

    due: ShownAmount = Field(description="What is due, in whole VND")
    state_support: ShownAmount = Field(description="What of it the state pays, in whole VND", examples=[0])
    local_support: ShownAmount = Field(description="What of it the locality pays, in whole VND", examples=[0])
    payable: ShownAmount = Field(description="What is left to pay, in whole VND")


class QuoteOfMember(QuoteTotal):
    """What one would pay, and how that comes about."""

    member_no: ShownNumber = Field(description="Which member, from 1", examples=[1])
    lines: Annotated[
        list[QuoteLine], Field(description="The parts of the sum", json_schema_extra={"maxItems": MOST_MEMBERS})
    ]


class Quote(BaseModel):
    """What would be payable. Nothing is recorded, and nothing is promised: the day of the signing decides."""

    on: ShownDay = Field(description="The day of the signing that this is for")
    members: Annotated[
        list[QuoteOfMember], Field(description="Each of them", json_schema_extra={"maxItems": MOST_MEMBERS})
    ]
    total: QuoteTotal = Field(description="All of them together")


def view_of_quote(on: date, members: list[QuotedMember]) -> Quote:
    """The answer."""
    return Quote(
        on=on,
        members=[
            QuoteOfMember(
                member_no=member.member_no,
                lines=_lines_of(member.assessment.lines),
                **_amounts_of(member.assessment.contribution),
            )
            for member in members
        ],
        total=QuoteTotal(**_amounts_of(total_of(members))),
    )


def _lines_of(lines: Iterable[Line]) -> list[QuoteLine]:
    return [
        QuoteLine(
            what=line.what,
            base=line.base,
            rate=None if line.rate is None else float(line.rate),
            months=line.months,
            amount=line.amount,
            source=line.source,
            text=line.text,
        )
        for line in lines
    ]


def _amounts_of(contribution: Contribution) -> dict[str, int]:
    return {
        "due": contribution.due,
        "state_support": contribution.state_support,
        "local_support": contribution.local_support,
        "payable": contribution.payable,
    }

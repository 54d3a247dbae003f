"""The decision on a sign-up: is it new or a renewal, from when to when does it cover, and is it allowed at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from enrolment_api.domain.contribution import Contribution, Rates, health_contribution, voluntary_contribution
from enrolment_api.domain.identifiers import Sex
from enrolment_api.domain.refusals import (
    AlreadyCovered,
    CollectorOfAnotherOrganisation,
    NotOfAge,
    SignedInFuture,
    UnitTooLarge,
    UnknownCollector,
    UnknownUnit,
    WrongAmount,
)
from services.kernel import Vnd, add_months

Scheme: TypeAlias = Literal["household_health", "voluntary_social"]
Kind: TypeAlias = Literal["new", "renewal"]

GAP_DAYS = 90
"""A person without cover for three months or longer counts as new again, as if signed up for the first time."""
WAITING_DAYS = 30
"""The first health card is valid so many days after it was paid for (Law on Health Insurance Art. 16)."""
RENEWAL_WINDOW_DAYS = 60
"""How long before the running cover ends it can be renewed. Our own rule, not the law's: whoever signs up earlier most
likely does not know of the cover they have, and would pay twice."""
VOLUNTARY_AGE = 15

_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Participant:
    """The person, as told by the collector; identifiers in their normal form."""

    full_name: str
    born_on: date
    sex: Sex
    personal_id: str
    social_insurance_code: str | None
    phone: str | None


@dataclass(slots=True)
class SignUp:
    """A sign-up as handed in. Only health has a `household_code` and a `member_no`, from 1 in the order in which the
    household's members join; only voluntary has a `monthly_income`."""

    organisation_code: str
    external_ref: str
    scheme: Scheme
    unit_code: str
    collector_code: str
    signed_on: date
    months: int
    amount_paid: Vnd
    receipt_no: str | None
    participant: Participant
    household_code: str | None
    member_no: int | None
    monthly_income: Vnd | None
    support_group: str
    channel: str | None
    campaign_code: str | None


@dataclass(slots=True)
class Decision:
    """What an accepted sign-up amounts to. The cover includes both days."""

    kind: Kind
    covered_from: date
    covered_to: date
    contribution: Contribution


@dataclass(slots=True)
class Enrolment:
    """A sign-up that was accepted: `status` is recorded, or cancelled since."""

    id: UUID
    sign_up: SignUp
    decision: Decision
    status: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Registry:
    """What a decision needs to know of the registry: the level of each unit, the organisation of each collector."""

    unit_levels: Mapping[str, str]
    collector_organisations: Mapping[str, str]


def decide(sign_up: SignUp, registry: Registry, last_covered_to: date | None, *, today: date, rates: Rates) -> Decision:
    """What the sign-up amounts to; raises its refusal where it cannot be accepted.

    `last_covered_to` is the last day of the person's latest cover by the same scheme, None if they never had any.
    """
    if sign_up.signed_on > today:
        raise SignedInFuture(today)
    _check_registry(sign_up, registry)
    _check_age(sign_up)
    contribution = contribution_of(sign_up, rates)
    if sign_up.amount_paid != contribution.payable:
        raise WrongAmount(sign_up.amount_paid, contribution.payable)
    kind, covered_from, covered_to = cover(sign_up.scheme, sign_up.signed_on, sign_up.months, last_covered_to)
    return Decision(kind, covered_from, covered_to, contribution)


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


def contribution_of(sign_up: SignUp, rates: Rates) -> Contribution:
    """What the sign-up costs. Raises UnsupportedMonths, IncomeOutOfRange, NoRatesYet."""
    on, months, group = sign_up.signed_on, sign_up.months, sign_up.support_group
    if sign_up.scheme == "household_health":
        return health_contribution(rates.health, on, months, sign_up.member_no or 1, group)
    return voluntary_contribution(rates.voluntary, on, months, sign_up.monthly_income or 0, group)


def _check_registry(sign_up: SignUp, registry: Registry) -> None:
    level = registry.unit_levels.get(sign_up.unit_code)
    if level is None:
        raise UnknownUnit(sign_up.unit_code)
    if level not in {"commune", "village"}:
        raise UnitTooLarge(sign_up.unit_code, level)
    organisation = registry.collector_organisations.get(sign_up.collector_code)
    if organisation is None:
        raise UnknownCollector(sign_up.collector_code)
    if organisation != sign_up.organisation_code:
        raise CollectorOfAnotherOrganisation(sign_up.collector_code, sign_up.organisation_code)


def _check_age(sign_up: SignUp) -> None:
    born_on = sign_up.participant.born_on
    if born_on > sign_up.signed_on:
        raise NotOfAge("the participant is born after the day of signing: check born_on and signed_on")
    if sign_up.scheme == "voluntary_social" and add_months(born_on, 12 * VOLUNTARY_AGE) > sign_up.signed_on:
        raise NotOfAge(f"voluntary social insurance is for those who are {VOLUNTARY_AGE} or older")

"""Query and answer of the covers that run out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from enrolment_api.domain.cover import days_of_renewal
from enrolment_api.enrolments.enrolment_view import EnrolmentView, HouseholdView
from enrolment_api.enrolments.schemas import Place
from enrolment_api.people.person_view import ParticipantView
from enrolment_api.renewals.queries import Filters
from services.shown import (
    SchemeWord,
    ShownCollector,
    ShownDay,
    ShownId,
    ShownNumber,
    ShownOrganisation,
    ShownUnit,
    shown,
)
from services.vocabulary import Scheme
from services.web.fields import AN_ID, CollectorCode, UnitCode, digits
from services.web.lists import AFTER, ListQuery, Page

MOST_DAYS = 366


class RenewalQuery(ListQuery):
    """Which covers; `after` is the `next` of the page before."""

    under: UnitCode | None = Field(None, description="Only those in this unit and all below it")
    collector_code: CollectorCode | None = Field(None, description="Only those of this collector")
    scheme: Scheme | None = Field(None, description="Only those of this scheme", examples=["household_health"])
    within_days: Annotated[int, digits(least=0, most=MOST_DAYS)] = Field(
        30, description="Only those that end in so many days or fewer", examples=[30]
    )
    lapsed_days: Annotated[int, digits(least=0, most=MOST_DAYS)] = Field(
        0, description="Also those that ended so many days ago or fewer", examples=[0]
    )
    after: Place | None = Field(None, description=AFTER, examples=[f"2026-11-23.{AN_ID}"])

    def filters(self, today: date, own_of: str | None) -> Filters:
        """As the list is read on that day."""
        return Filters(
            first=today - timedelta(days=self.lapsed_days),
            last=today + timedelta(days=self.within_days),
            own_of=own_of,
            under=self.under,
            collector_code=self.collector_code,
            scheme=self.scheme,
            after=self.after,
        )


class RenewalDue(BaseModel):
    """A cover that runs out and was not renewed, by whomever."""

    enrolment_id: ShownId = Field(description="Id of the sign-up that it comes from")
    scheme: SchemeWord
    organisation_code: ShownOrganisation
    unit_code: ShownUnit
    collector_code: ShownCollector
    participant: ParticipantView = Field(description="The person")
    household: HouseholdView | None = Field(description="The household; null for voluntary social insurance")
    months: ShownNumber = Field(description="For how many months was paid", examples=[12])
    covered_to: ShownDay = Field(description="Last day of cover", examples=["2026-11-23"])
    days_left: int = shown(
        "Days from today to that one; negative where it is over", 28, minimum=-200_000, maximum=200_000, format="int32"
    )
    renewable_from: ShownDay = Field(description="First day on which a renewal is taken", examples=["2026-09-24"])
    renewal_until: ShownDay = Field(
        description="Last day on which a sign-up counts as a renewal; after it, as new", examples=["2027-02-21"]
    )


class RenewalsPage(Page[RenewalDue]):
    """Covers that run out, the earliest first."""


def due_of(view: EnrolmentView, today: date) -> RenewalDue:
    """What a sign-up that is shown so says of its renewal."""
    days = days_of_renewal(view.scheme, view.covered_to)
    return RenewalDue(
        enrolment_id=view.id,
        scheme=view.scheme,
        organisation_code=view.organisation_code,
        unit_code=view.unit_code,
        collector_code=view.collector_code,
        participant=view.participant,
        household=view.household,
        months=view.months,
        covered_to=view.covered_to,
        days_left=(view.covered_to - today).days,
        renewable_from=days.first,
        renewal_until=days.last,
    )

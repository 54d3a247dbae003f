"""Which collectors have many cases of identity, for their sign-ups; over HTTP, for the agency."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from enrolment_api.access import EnrolmentReviewer
from enrolment_api.changes.queries import cases_of_collectors
from enrolment_api.changes.sql import CollectorCases
from enrolment_api.domain.identity import is_unusual
from services.errors import Invalid
from services.pages import MOST
from services.shown import ShownCollector, ShownCount, ShownOrganisation
from services.web.fields import Day
from services.web.lists import ListQuery
from services.web.strict_route import PersonalRoute
from services.web.transactions import read, request_context

router = APIRouter(prefix="/v1/identity-cases", tags=["identity cases"], route_class=PersonalRoute)


USUAL_DAYS: Final = 31
MOST_DAYS: Final = 366


class CaseStatisticsQuery(ListQuery):
    """Of which days, both included."""

    since: Day | None = Field(
        None,
        alias="from",
        description="Only cases and sign-ups of this day or later; 30 days before `to`",
        examples=["2025-10-01"],
    )
    until: Day | None = Field(
        None, alias="to", description="Only cases and sign-ups of this day or before; today", examples=["2025-10-31"]
    )

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day. Raises Invalid where they contradict each other or are more than MOST_DAYS."""
        last = self.until or max(today, self.since or today)
        first = self.since or last - timedelta(days=USUAL_DAYS - 1)
        if first > last:
            raise Invalid.field("/query/from", f"must not be after to, {last}")
        if (last - first).days >= MOST_DAYS:
            raise Invalid.field(
                "/query/from", f"{MOST_DAYS} days at most: {last - timedelta(days=MOST_DAYS - 1)} or later"
            )
        return first, last


class CollectorCasesView(BaseModel):
    """A collector whose sign-ups were cases."""

    model_config = ConfigDict(from_attributes=True)

    organisation_code: ShownOrganisation = Field(description="Code of the organisation that sent them")
    collector_code: ShownCollector
    cases: ShownCount = Field(description="Cases that were opened", examples=[5])
    open: ShownCount = Field(description="Those that are not decided", examples=[1])
    rejected: ShownCount = Field(description="Those whose claim was wrong", examples=[3])
    sign_ups: ShownCount = Field(description="Sign-ups that were recorded", examples=[120])
    unusual: bool = Field(
        description="Three cases at least, and many more than the sign-ups let expect, by all other collectors",
        examples=[True],
    )


class CaseStatistics(BaseModel):
    """Collectors with cases, those with the most first."""

    items: Annotated[list[CollectorCasesView], Field(description="By collector", json_schema_extra={"maxItems": MOST})]


@router.get("/statistics")
async def get_case_statistics(
    _: EnrolmentReviewer, wanted: Annotated[CaseStatisticsQuery, Query()], request: Request
) -> CaseStatistics:
    """Cases by collector, those with the most first, beside their sign-ups; `unusual` says who has too many."""
    first, last = wanted.days(request_context(request).today)
    async with read(request) as session:
        found = await cases_of_collectors(session, first, last, wanted.limit)
    return CaseStatistics(items=[_view_of(each) for each in found])


def _view_of(each: CollectorCases) -> CollectorCasesView:
    others = (each.all_cases - each.cases, each.all_sign_ups - each.sign_ups)
    return CollectorCasesView(
        organisation_code=each.organisation_code,
        collector_code=each.collector_code,
        cases=each.cases,
        open=each.open,
        rejected=each.rejected,
        sign_ups=each.sign_ups,
        unusual=is_unusual(each.cases, each.sign_ups, *others),
    )

"""Cases of identity over HTTP, for the agency. They are decided by `POST /v1/reviews`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from enrolment_api.access import EnrolmentReviewer
from enrolment_api.cases.disclosure import disclosed_cases
from enrolment_api.cases.queries import find_case, list_cases
from enrolment_api.cases.schemas import CasePage, CaseQuery, CaseView
from enrolment_api.people.app_keys import the_people_keys
from services.errors import NotFound
from services.web.answers import refuses
from services.web.fields import AN_ID, Id
from services.web.lists import cut
from services.web.strict_route import PersonalRoute
from services.web.transactions import read

router = APIRouter(prefix="/v1/identity-cases", tags=["identity cases"], route_class=PersonalRoute)


@router.get("")
async def list_identity_cases(
    _: EnrolmentReviewer, wanted: Annotated[CaseQuery, Query()], request: Request
) -> CasePage:
    """Sign-ups that name another person than their personal ID is known for, in the order in which they came. People
    are clear with participants:read."""
    async with read(request) as session:
        found = await list_cases(session, wanted.filters(), wanted.limit + 1, the_people_keys(request))
    page = cut(found, wanted.limit, lambda each: each.case.id)
    items = await disclosed_cases(request, "list", page.rows, wanted.model_dump(exclude_defaults=True))
    return CasePage(items=items, next=page.next)


@router.get("/{case_id}", responses=refuses(NotFound))
async def get_identity_case(
    case_id: Annotated[Id, Path(description="Id of the case", examples=[AN_ID])], _: EnrolmentReviewer, request: Request
) -> CaseView:
    """One case, by the reference that a refusal named. People are clear with participants:read."""
    async with read(request) as session:
        found = await find_case(session, case_id, the_people_keys(request))
    [view] = await disclosed_cases(request, "read", [found])
    return view

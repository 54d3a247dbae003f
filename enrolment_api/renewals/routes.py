"""Covers that run out over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from enrolment_api.access import EnrolmentReader, reads_own_of
from enrolment_api.enrolments.disclosure import disclosed
from enrolment_api.enrolments.pages import Position
from enrolment_api.people.app_keys import the_people_keys
from enrolment_api.renewals.queries import list_due
from enrolment_api.renewals.schemas import RenewalQuery, RenewalsPage, due_of
from services.web.lists import cut
from services.web.strict_route import PersonalRoute
from services.web.transactions import read, request_context

router = APIRouter(prefix="/v1/renewals-due", tags=["renewals"], route_class=PersonalRoute)


@router.get("")
async def list_renewals_due(
    actor: EnrolmentReader, wanted: Annotated[RenewalQuery, Query()], request: Request
) -> RenewalsPage:
    """Whose cover ends soon and was not renewed, the earliest first; with `enrolments:read` of the own organisation's
    sign-ups."""
    today = request_context(request).today
    async with read(request) as session:
        filters = wanted.filters(today, reads_own_of(actor))
        found = await list_due(session, the_people_keys(request), filters, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda each: Position(each.decision.covered_to, each.id))
    views = await disclosed(request, "list", page.rows, wanted.model_dump(exclude_defaults=True))
    return RenewalsPage(items=[due_of(view, today) for view in views], next=page.next)

"""The audit trail over HTTP, for the agency."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from enrolment_api.access import EnrolmentReviewer
from enrolment_api.audit.queries import list_entries
from enrolment_api.audit.schemas import AuditPage, AuditQuery, view_of_entry
from services.web.lists import cut
from services.web.strict_route import PersonalRoute
from services.web.transactions import read

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=PersonalRoute)


@router.get("")
async def list_audit(_: EnrolmentReviewer, wanted: Annotated[AuditQuery, Query()], request: Request) -> AuditPage:
    """Who was shown personal data in clear, oldest first. Nothing in it is personal data of participants."""
    async with read(request) as session:
        found = await list_entries(session, wanted.filters(), wanted.limit + 1)
    page = cut(found, wanted.limit, lambda entry: entry.seq)
    return AuditPage(items=[view_of_entry(entry) for entry in page.rows], next=page.next)

"""The search for a person by their personal ID, over HTTP: in a body, since no URL holds personal data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from enrolment_api.access import ParticipantReader, reads_own_of
from enrolment_api.enrolments.disclosure import disclosed
from enrolment_api.enrolments.enrolment_view import EnrolmentView
from enrolment_api.enrolments.queries import enrolments_of_person
from enrolment_api.enrolments.sign_up_body import PersonalId
from enrolment_api.people.app_keys import the_people_keys
from services.pages import MOST
from services.web.fields import RequestBody
from services.web.strict_route import PersonalRoute
from services.web.transactions import read

router = APIRouter(prefix="/v1/participants", tags=["enrolments"], route_class=PersonalRoute)


class ParticipantSearch(RequestBody):
    """Whom to look for."""

    personal_id: PersonalId


class ParticipantFound(BaseModel):
    """Their sign-ups that were not cancelled, oldest first."""

    items: Annotated[list[EnrolmentView], Field(description="Sign-ups", json_schema_extra={"maxItems": MOST})]


@router.post("/search")
async def search_participant(body: ParticipantSearch, actor: ParticipantReader, request: Request) -> ParticipantFound:
    """The sign-ups of a person in clear: those of the own organisation; with `enrolments:review` of all. Each search is
    in the audit trail, whatever it finds."""
    async with read(request) as session:
        keys, own_of = the_people_keys(request), reads_own_of(actor)
        found = await enrolments_of_person(session, keys, body.personal_id, own_of, MOST)
    return ParticipantFound(items=await disclosed(request, "search", found, {"personal_id": body.personal_id}))

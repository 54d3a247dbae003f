"""Sign-ups over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from enrolment_api.access import EnrolmentReader, EnrolmentWriter, reads_own_of
from enrolment_api.enrolments import examples
from enrolment_api.enrolments.batch import BATCH, SIGN_UP, SIGN_UPS, answer_of
from enrolment_api.enrolments.disclosure import disclosed, returned_to_sender
from enrolment_api.enrolments.enrolment_view import EnrolmentView
from enrolment_api.enrolments.mismatches import note_mismatches
from enrolment_api.enrolments.outcomes import Replayed
from enrolment_api.enrolments.pages import Position
from enrolment_api.enrolments.queries import find_enrolment, list_enrolments
from enrolment_api.enrolments.recorder import Recorder
from enrolment_api.enrolments.refusals import REFUSALS
from enrolment_api.enrolments.schemas import (
    MOST_BATCH_VALUES,
    BatchAnswer,
    EnrolmentPage,
    EnrolmentQuery,
    IdempotencyHeader,
)
from enrolment_api.enrolments.sign_up_body import AnySignUp, request_of
from enrolment_api.people.app_keys import the_people_keys
from enrolment_api.scopes import ENROLMENTS_WRITE
from services.errors import DomainError, NotFound
from services.web.answers import refuses
from services.web.batches import BadItem
from services.web.fields import AN_ID, Id
from services.web.hot_route import Declaration, HotRequest, hot_route
from services.web.json_body import json_body
from services.web.lists import cut
from services.web.openapi import body_of
from services.web.problems import base_of
from services.web.request_log import note_refused_items
from services.web.strict_route import PersonalRoute
from services.web.transactions import read

router = APIRouter(prefix="/v1/enrolments", tags=["enrolments"], route_class=PersonalRoute)

_RECORD: Final = Declaration[Any, IdempotencyHeader, AnySignUp](
    scopes=(ENROLMENTS_WRITE,),
    headers=IdempotencyHeader,
    body=SIGN_UP,
    body_examples=examples.SIGN_UPS,
    answer=EnrolmentView,
    status=201,
    sends=("Location", "Idempotent-Replayed"),
    refuses=REFUSALS,
)


def the_recorder(request: Request) -> Recorder:
    """The recorder of the app."""
    recorder: Recorder = request.app.state.recorder
    return recorder


EnrolmentId: TypeAlias = Annotated[Id, Path(description="Id of the enrolment", examples=[AN_ID])]
TheRecorder: TypeAlias = Annotated[Recorder, Depends(the_recorder)]


@hot_route(router, "POST", "", _RECORD)
async def record_enrolment(hot: HotRequest[Any, IdempotencyHeader, AnySignUp]) -> Response:
    """Record a sign-up. The same one sent again gets the first answer again, marked Idempotent-Replayed."""
    wanted = request_of(hot.body, hot.actor.organisation_code, hot.headers.key, hot.request.state.request_id)
    outcome = await the_recorder(hot.request).record_one(wanted)
    if isinstance(outcome, DomainError):
        await note_mismatches(hot.request, [outcome])
        raise outcome
    headers = {"Location": f"/v1/enrolments/{outcome.enrolment.id}"}
    if isinstance(outcome, Replayed):
        headers["Idempotent-Replayed"] = "true"
        [view] = await disclosed(hot.request, "replay", [outcome.enrolment])
    else:
        view = returned_to_sender(hot.request, outcome.enrolment)
    return Response(view.model_dump_json(), 201, headers, "application/json")


@router.post("/batch", status_code=207, openapi_extra=body_of(BATCH, example=examples.BATCH))
async def record_batch(request: Request, actor: EnrolmentWriter, recorder: TheRecorder) -> BatchAnswer:
    """Record up to 1,000 sign-ups; a bad one does not affect the others. Safe to send again as it is."""
    async with json_body(request, MOST_BATCH_VALUES) as raw:
        items = await SIGN_UPS.read(raw)
    wanted = [
        request_of(item, actor.organisation_code, None, request.state.request_id)
        for item in items
        if not isinstance(item, BadItem)
    ]
    outcomes = await recorder.record_many(wanted) if wanted else []
    await note_mismatches(request, outcomes)
    note_refused_items(request, [item.refusal for item in items if isinstance(item, BadItem)])
    note_refused_items(request, [outcome for outcome in outcomes if isinstance(outcome, DomainError)])
    return answer_of(items, iter(outcomes), base_of(request))


@router.get("/{enrolment_id}", responses=refuses(NotFound))
async def get_enrolment(enrolment_id: EnrolmentId, actor: EnrolmentReader, request: Request) -> EnrolmentView:
    """One sign-up; with `enrolments:read` of the own organisation. Personal data is clear with participants:read."""
    async with read(request) as session:
        enrolment = await find_enrolment(session, the_people_keys(request), enrolment_id, reads_own_of(actor))
    [view] = await disclosed(request, "read", [enrolment])
    return view


@router.get("")
async def list_own_enrolments(
    actor: EnrolmentReader, wanted: Annotated[EnrolmentQuery, Query()], request: Request
) -> EnrolmentPage:
    """Sign-ups by the day of signing, those of a day as they were recorded; with `enrolments:read` those of the own
    organisation."""
    filters = replace(wanted.filters(), own_of=reads_own_of(actor))
    async with read(request) as session:
        found = await list_enrolments(session, the_people_keys(request), filters, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda each: Position(each.sign_up.signed_on, each.id))
    items = await disclosed(request, "list", page.rows, wanted.model_dump(exclude_defaults=True))
    return EnrolmentPage(items=items, next=page.next)

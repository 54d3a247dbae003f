"""Changes of sign-ups over HTTP: what partners ask for, and what the agency decides."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Depends, Request

from enrolment_api.access import EnrolmentReader, EnrolmentReviewer, EnrolmentWriter, reads_own_of
from enrolment_api.audit.notes import note_of
from enrolment_api.audit.usecases import append
from enrolment_api.changes import decisions, queries, usecases
from enrolment_api.changes.reviews import MOST_REVIEW_VALUES, REVIEW_BODY, REVIEWS, answer_of, change_of_review
from enrolment_api.changes.schemas import (
    CorrectionBody,
    History,
    ReasonedBody,
    ReviewAnswer,
    SubmissionBody,
    change_of,
    history_of,
)
from enrolment_api.changes.usecases import WantedChange
from enrolment_api.domain.enrolment import Enrolment, Rules
from enrolment_api.domain.identity import CaseIsDecided, CoversOverlap
from enrolment_api.domain.life import EnrolmentIsCancelled, NothingToCorrect, WrongStatus
from enrolment_api.enrolments.disclosure import disclosed_change
from enrolment_api.enrolments.enrolment_view import EnrolmentView
from enrolment_api.enrolments.mismatches import note_mismatches
from enrolment_api.enrolments.queries import find_enrolment
from enrolment_api.enrolments.recorder import Recorder
from enrolment_api.enrolments.refusals import REFUSALS
from enrolment_api.enrolments.routes import EnrolmentId, the_recorder
from enrolment_api.people.app_keys import the_people_keys
from services.errors import DomainError, NotFound, StaleVersion
from services.web.answers import refuses, refuses_items
from services.web.batches import BadItem
from services.web.fields import AN_ID
from services.web.json_body import json_body
from services.web.openapi import body_of
from services.web.problems import base_of
from services.web.request_log import note_refused_items
from services.web.strict_route import PersonalRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1", tags=["changes"], route_class=PersonalRoute)

_REFUSES = refuses(NotFound, StaleVersion, EnrolmentIsCancelled, WrongStatus)
_REVIEWED: Final[dict[str, Any]] = {
    "items": [
        {"id": AN_ID, "version": 2, "decision": "accept"},
        {"id": AN_ID, "version": 2, "decision": "return", "reason": "The receipt is of another person"},
    ]
}
TheRecorder: TypeAlias = Annotated[Recorder, Depends(the_recorder)]


@router.post("/enrolments/{enrolment_id}/submission", responses=_REFUSES)
async def submit_enrolment(
    enrolment_id: EnrolmentId, body: SubmissionBody, actor: EnrolmentWriter, request: Request
) -> EnrolmentView:
    """Submit a recorded, corrected or returned sign-up to the agency."""
    wanted = WantedChange(enrolment_id, change_of("submission", body))
    return await _changed(request, wanted, actor.organisation_code)


@router.post("/enrolments/{enrolment_id}/acceptance", responses=_REFUSES)
async def accept_enrolment(
    enrolment_id: EnrolmentId, body: SubmissionBody, _: EnrolmentReviewer, request: Request
) -> EnrolmentView:
    """Accept a submitted sign-up, of whichever organisation."""
    return await _changed(request, WantedChange(enrolment_id, change_of("acceptance", body)), None)


@router.post("/enrolments/{enrolment_id}/return", responses=_REFUSES)
async def return_enrolment(
    enrolment_id: EnrolmentId, body: ReasonedBody, _: EnrolmentReviewer, request: Request
) -> EnrolmentView:
    """Return a submitted sign-up, of whichever organisation, to be corrected."""
    return await _changed(request, WantedChange(enrolment_id, change_of("return", body)), None)


@router.post(
    "/enrolments/{enrolment_id}/correction",
    responses=refuses(NotFound, StaleVersion, EnrolmentIsCancelled, NothingToCorrect, *REFUSALS),
)
async def correct_enrolment(
    enrolment_id: EnrolmentId, body: CorrectionBody, _: EnrolmentWriter, recorder: TheRecorder, request: Request
) -> EnrolmentView:
    """Correct what was sent. It is decided on anew, counts for the unit, the collector and the day that it names now,
    and has to be submitted again."""
    wanted, changes = WantedChange(enrolment_id, change_of("correction", body)), body.changes.fields()
    async with act(request) as (work, context):
        rules: Rules = recorder.rules(context)
        outcome = await usecases.correct(work, context, wanted, changes, rules, the_people_keys(request))
        if isinstance(outcome, Enrolment):
            return await disclosed_change(work, request, outcome)
    await note_mismatches(request, [outcome])
    raise outcome


@router.post("/enrolments/{enrolment_id}/cancellation", responses=refuses(NotFound, StaleVersion, EnrolmentIsCancelled))
async def cancel_enrolment(
    enrolment_id: EnrolmentId, body: ReasonedBody, actor: EnrolmentWriter, request: Request
) -> EnrolmentView:
    """Cancel a sign-up for good: its cover never began, and it counts no more."""
    wanted = WantedChange(enrolment_id, change_of("cancellation", body))
    async with act(request) as (work, context):
        enrolment = await usecases.cancel(work, context, wanted, actor.organisation_code, the_people_keys(request))
        if await usecases.is_shared(work, enrolment):
            await append(work, [note_of(request, "probe", [enrolment.id])])
        return await disclosed_change(work, request, enrolment)


@router.get("/enrolments/{enrolment_id}/history", responses=refuses(NotFound))
async def get_history(enrolment_id: EnrolmentId, actor: EnrolmentReader, request: Request) -> History:
    """Each version of a sign-up: since when, by whom, and why."""
    async with read(request) as session:
        enrolment = await find_enrolment(session, the_people_keys(request), enrolment_id, reads_own_of(actor))
        return history_of(enrolment, await queries.changes_of(session, enrolment_id))


@router.post(
    "/reviews",
    status_code=207,
    responses={
        207: refuses_items(NotFound, StaleVersion, EnrolmentIsCancelled, WrongStatus, CaseIsDecided, CoversOverlap)
    },
    openapi_extra=body_of(REVIEW_BODY, example=_REVIEWED),
)
async def review_enrolments(request: Request, _: EnrolmentReviewer) -> ReviewAnswer:
    """Accept or return up to 1,000 submitted sign-ups and cases of identity, of whichever organisation; one that cannot
    be changed does not affect the others.

    To accept a case makes the personal ID that of the person who was claimed; sign-ups of others under it are then of
    somebody else, and those among them that are submitted are returned; those of that person that an earlier
    acceptance took away are theirs again. Whoever was refused sends the sign-up again.
    """
    async with json_body(request, MOST_REVIEW_VALUES) as raw:
        items = await REVIEWS.read(raw)
    wanted = [change_of_review(item) for item in items if not isinstance(item, BadItem)]
    async with act(request) as (work, context):
        outcomes = await decisions.review(work, context, wanted, the_people_keys(request))
    note_refused_items(request, [item.refusal for item in items if isinstance(item, BadItem)])
    note_refused_items(request, [outcome for outcome in outcomes if isinstance(outcome, DomainError)])
    return answer_of(items, iter(outcomes), base_of(request))


async def _changed(request: Request, wanted: WantedChange, organisation_code: str | None) -> EnrolmentView:
    async with act(request) as (work, context):
        [outcome] = await usecases.change_status(work, context, [wanted], organisation_code, the_people_keys(request))
        if isinstance(outcome, DomainError):
            raise outcome
        return await disclosed_change(work, request, outcome)

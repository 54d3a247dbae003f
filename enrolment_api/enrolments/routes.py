"""Sign-ups over HTTP."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from enrolment_api.enrolments import answers
from enrolment_api.enrolments.enrolment_request import EnrolmentRequest
from enrolment_api.enrolments.queries import Filters, find_enrolment, list_enrolments
from enrolment_api.enrolments.reading import (
    AnySignUp,
    BadItem,
    read_batch,
    read_sign_up,
    schema_of_batch,
    schema_of_sign_up,
)
from enrolment_api.enrolments.schemas import (
    HEALTH_EXAMPLE,
    VOLUNTARY_EXAMPLE,
    EnrolmentQuery,
    fingerprint_of,
    sign_up_of,
)
from enrolment_api.enrolments.usecases import Outcome, RecordSignUps, Replayed
from services.batcher import Batcher
from services.errors import DomainError, FieldError
from services.persistence.database import Database
from services.security.tokens import Principal
from services.web.auth import authorize, requires
from services.web.hot_route import DirectRoute
from services.web.problems import Malformed, problem_of

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEY_HEADER = "Idempotency-Key"
_JSON = "application/json"

_EXAMPLES: dict[str, Any] = {
    "household_health": {"value": HEALTH_EXAMPLE},
    "voluntary_social": {"value": VOLUNTARY_EXAMPLE},
}
_BATCH_EXAMPLE: dict[str, Any] = {"items": [HEALTH_EXAMPLE, VOLUNTARY_EXAMPLE]}
_ONE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {_JSON: {"schema": schema_of_sign_up(), "examples": _EXAMPLES}}},
    "parameters": [
        {
            "name": _KEY_HEADER,
            "in": "header",
            "required": True,
            "description": "Chosen by the client, fresh for each sign-up, the same when it is sent again",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }
    ],
}
_MANY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {_JSON: {"schema": schema_of_batch(), "example": _BATCH_EXAMPLE}}}
}

Writer = Annotated[Principal, requires("enrolments:write")]
Reader = Annotated[Principal, requires("enrolments:read")]


def enrolment_routes(database: Database, record: RecordSignUps) -> APIRouter:
    """Routes on which sign-ups are recorded and read. Single ones that come together are recorded together."""
    router = APIRouter(prefix="/v1/enrolments", tags=["enrolments"])
    batcher = Batcher(record)

    async def record_enrolment(request: Request) -> Response:
        """Record a sign-up. The same one sent again gets the first answer again, marked Idempotent-Replayed."""
        principal = authorize(request, "enrolments:write")
        key = _idempotency_key(request)
        body = read_sign_up(await request.body())
        outcome = await batcher.submit(_enrolment_request(body, principal, request, key))
        return _answer(outcome, principal)

    router.add_api_route(
        "",
        record_enrolment,
        methods=["POST"],
        status_code=201,
        responses={201: {"model": answers.EnrolmentView}},
        openapi_extra=_ONE,
        route_class_override=DirectRoute,
    )

    @router.post("/batch", status_code=207, responses={207: {"model": answers.BatchAnswer}}, openapi_extra=_MANY)
    async def record_batch(request: Request, principal: Writer) -> Response:
        """Record up to 1,000 sign-ups, each on its own: a bad one harms no other. Safe to send again as it is."""
        read = read_batch(await request.body())
        good = [_enrolment_request(body, principal, request) for body in read if not isinstance(body, BadItem)]
        outcomes = iter(await record(good) if good else [])
        items = [
            _failed(n, body.external_ref, body.refusal)
            if isinstance(body, BadItem)
            else _item(n, body.external_ref, next(outcomes))
            for n, body in enumerate(read)
        ]
        return Response(answers.batch_json(items), 207, media_type=_JSON)

    @router.get("/{enrolment_id}", responses={200: {"model": answers.EnrolmentView}})
    async def read_enrolment(enrolment_id: UUID, principal: Reader) -> Response:
        """One sign-up of the own organisation; personal data is clear with the scope participants:read."""
        enrolment = await find_enrolment(database, principal.organisation_code, enrolment_id)
        return Response(answers.enrolment_json(enrolment, clear=_sees_people(principal)), media_type=_JSON)

    @router.get("", responses={200: {"model": answers.EnrolmentPage}})
    async def read_enrolments(principal: Reader, wanted: Annotated[EnrolmentQuery, Query()]) -> Response:
        """The own organisation's sign-ups in the order they were recorded."""
        filters = Filters(**wanted.model_dump(exclude={"limit"}))
        found = await list_enrolments(database, principal.organisation_code, filters, wanted.limit + 1)
        page = found[: wanted.limit]
        following = str(page[-1].id) if len(found) > wanted.limit else None
        return Response(answers.page_json(page, following, clear=_sees_people(principal)), media_type=_JSON)

    return router


def _enrolment_request(
    body: AnySignUp, principal: Principal, request: Request, key: str | None = None
) -> EnrolmentRequest:
    sign_up = sign_up_of(body, principal.organisation_code)
    return EnrolmentRequest(sign_up, fingerprint_of(body), key, request.state.request_id)


def _idempotency_key(request: Request) -> str:
    key = request.headers.get(_KEY_HEADER, "")
    if not _KEY.fullmatch(key):
        remedy = f"send the header {_KEY_HEADER} with 1 to 255 visible ASCII characters, fresh for each sign-up"
        raise Malformed(remedy, (FieldError(f"/header/{_KEY_HEADER}", remedy),))
    return key


def _answer(outcome: Outcome, principal: Principal) -> Response:
    if isinstance(outcome, DomainError):
        raise outcome
    enrolment = outcome.enrolment
    headers = {"Location": f"/v1/enrolments/{enrolment.id}"}
    if isinstance(outcome, Replayed):
        headers["Idempotent-Replayed"] = "true"
    return Response(answers.enrolment_json(enrolment, clear=_sees_people(principal)), 201, headers, _JSON)


def _item(index: int, external_ref: str, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, DomainError):
        return _failed(index, external_ref, outcome)
    item = {"index": index, "external_ref": external_ref, "status": 201, "id": outcome.enrolment.id}
    if isinstance(outcome, Replayed):
        item["replayed"] = True
    if warnings := answers.warnings_of(outcome.enrolment.sign_up.participant):
        item["warnings"] = warnings
    return item


def _failed(index: int, external_ref: str | None, refusal: DomainError) -> dict[str, Any]:
    problem = problem_of(refusal)
    return {
        "index": index,
        "external_ref": external_ref,
        "status": problem.status,
        "problem": problem.model_dump(),
    }


def _sees_people(principal: Principal) -> bool:
    return bool(principal.scopes & {"participants:read", "admin"})

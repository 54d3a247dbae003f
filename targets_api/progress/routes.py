"""Progress over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.clock import Clock
from services.web.auth import authorize
from services.web.hot_route import DirectRoute
from targets_api.progress.answers import Answer
from targets_api.progress.parameters import PARAMETERS, question
from targets_api.progress.queries import ProgressKey
from targets_api.progress.reader import ProgressReads
from targets_api.progress.schemas import ChildrenProgress, CollectorProgress, OrganisationProgress, UnitProgress

Read: TypeAlias = Callable[[ProgressKey], Awaitable[Answer]]


def progress_routes(reads: ProgressReads, clock: Clock) -> APIRouter:
    """The reads of progress.

    These are the hot path: parameters are parsed by one model, and documented beside it.
    """
    router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=DirectRoute)

    def add(path: str, name: str, read: Read, model: type[Any], description: str) -> None:
        async def endpoint(request: Request) -> Response:
            authorize(request, "progress:read")
            try:
                key = question(request.path_params, request.query_params, clock.today())
            except ValidationError as error:
                raise RequestValidationError(_located(error)) from error
            return _response(request, await read(key))

        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            name=name,
            description=description,
            response_class=Response,
            responses={200: {"model": model}, 304: {"description": "Not changed"}},
            openapi_extra=PARAMETERS,
        )

    add(
        "/units/{code}",
        "progress of a unit",
        reads.of_unit,
        UnitProgress,
        "Sign-ups from `from` to `on` in the unit and all below it, coverage, and the pace of the unit's own targets"
        " of those years.",
    )
    add(
        "/units/{code}/children",
        "progress of the units below",
        reads.of_children,
        ChildrenProgress,
        "The same for each unit directly below, by name.",
    )
    add(
        "/organisations/{code}",
        "progress of an organisation",
        reads.of_organisation,
        OrganisationProgress,
        "What an organisation and those below it have signed up, and the pace of its targets.",
    )
    add(
        "/collectors/{code}",
        "progress of a collector",
        reads.of_collector,
        CollectorProgress,
        "What a collector has signed up, and the pace of their targets.",
    )
    return router


def _located(error: ValidationError) -> list[Any]:
    """pydantic's errors, each where FastAPI would say it is."""
    return [
        {**found, "loc": ("path" if found["loc"][:1] == ("code",) else "query", *found["loc"])}
        for found in error.errors(include_url=False, include_context=False)
    ]


def _response(request: Request, answer: Answer) -> Response:
    headers = {"ETag": answer.etag, "Cache-Control": "private, no-cache"}
    known = request.headers.get("if-none-match")
    if known and _matches(known, answer.etag):
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)


def _matches(known: str, etag: str) -> bool:
    """RFC 9110, section 13.1.2: a list of tags compared weakly, or a star."""
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return etag in tags or tags == ["*"]

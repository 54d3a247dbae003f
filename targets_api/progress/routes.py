"""Progress over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query, Request, Response

from services.clock import Clock
from services.kernel import Invalid
from services.security import Principal
from services.web.auth import requires
from targets_api.codes import Code
from targets_api.domain.target import Scheme
from targets_api.progress.answers import Answer
from targets_api.progress.figures import Key
from targets_api.progress.reads import ProgressReads
from targets_api.progress.schemas import ChildrenProgress, CollectorProgress, OrganisationProgress, UnitProgress

Reader: TypeAlias = Annotated[Principal, requires("progress:read")]
Start: TypeAlias = Annotated[date | None, Query(alias="from", description="default: 1 January of the year of `on`")]
On: TypeAlias = Annotated[date | None, Query(description="default: today")]


def _documented(model: type[Any]) -> dict[str, Any]:
    """The answers are bytes already: told to OpenAPI, and not run through the model again."""
    return {"response_class": Response, "responses": {200: {"model": model}, 304: {"description": "Not changed"}}}


def progress_routes(reads: ProgressReads, clock: Clock) -> APIRouter:
    """The reads of progress."""
    router = APIRouter(prefix="/v1/progress", tags=["progress"])

    @router.get("/units/{code}", **_documented(UnitProgress))
    async def unit(
        request: Request, code: Code, scheme: Scheme, _: Reader, start: Start = None, on: On = None
    ) -> Response:
        """Sign-ups from `from` to `on`, coverage, and the pace of the unit's own targets of those years."""
        return _response(request, await reads.of_unit(_key(clock, code, scheme, start, on)))

    @router.get("/units/{code}/children", **_documented(ChildrenProgress))
    async def children(
        request: Request, code: Code, scheme: Scheme, _: Reader, start: Start = None, on: On = None
    ) -> Response:
        """The same for each unit directly below."""
        return _response(request, await reads.of_children(_key(clock, code, scheme, start, on)))

    @router.get("/organisations/{code}", **_documented(OrganisationProgress))
    async def organisation(
        request: Request, code: Code, scheme: Scheme, _: Reader, start: Start = None, on: On = None
    ) -> Response:
        """What an organisation and those below it have signed up, and the pace of its targets."""
        return _response(request, await reads.of_organisation(_key(clock, code, scheme, start, on)))

    @router.get("/collectors/{code}", **_documented(CollectorProgress))
    async def collector(
        request: Request, code: Code, scheme: Scheme, _: Reader, start: Start = None, on: On = None
    ) -> Response:
        """What a collector has signed up, and the pace of their targets."""
        return _response(request, await reads.of_collector(_key(clock, code, scheme, start, on)))

    return router


def _key(clock: Clock, code: str, scheme: Scheme, start: date | None, on: date | None) -> Key:
    on = on or clock.today()
    start = start or date(on.year, 1, 1)
    if start > on:
        raise Invalid.field("/query/from", f"must not be after on, {on}")
    return Key(code, scheme, start, on)


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

"""The catalogue of causes over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from notifications.access import CauseReader, CauseWriter
from notifications.causes import queries, usecases
from notifications.causes.schemas import CauseBody, CausePage, CauseQuery, CauseView, named, view_of
from notifications.causes.usecases import NamedCause
from services.web.fields import Code
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/causes", tags=["alerts"], route_class=StrictRoute)


@router.get("")
async def list_causes(_: CauseReader, wanted: Annotated[CauseQuery, Query()], request: Request) -> CausePage:
    """The causes that a report may name, by their codes."""
    async with read(request) as session:
        found = await queries.list_causes(session, wanted.after, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda cause: cause.code)
    return CausePage(items=[view_of(row) for row in page.rows], next=page.next)


@router.put("/{code}", responses={201: {"model": CauseView}})
async def put_cause(
    code: Annotated[Code, Path(description="Code of the cause", examples=["working_away"])],
    body: CauseBody,
    _: CauseWriter,
    request: Request,
    response: Response,
) -> CauseView:
    """Make or rename a cause: 201 when made, 200 when renamed or the same. None is removed: reports name them."""
    cause = NamedCause(code, body.name.vi, body.name.en)
    async with act(request) as (work, context):
        is_new = await usecases.put_cause(work, context, cause)
    response.status_code = 201 if is_new else 200
    return named(cause.code, cause.vi, cause.en)

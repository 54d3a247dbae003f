"""Silences over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from notifications.access import RouteReader, RouteWriter
from notifications.domain.silence import NoSuchSilence
from notifications.silences import queries, usecases
from notifications.silences.schemas import SilenceBody, SilencePage, SilenceQuery, SilenceView
from services.errors import NotKnownYet
from services.web.answers import refuses
from services.web.fields import Code
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read, request_context

router = APIRouter(prefix="/v1/silences", tags=["silences"], route_class=StrictRoute)

SilenceName: TypeAlias = Annotated[Code, Path(description="Name of the silence", examples=["storm"])]


@router.get("")
async def list_silences(_: RouteReader, wanted: Annotated[SilenceQuery, Query()], request: Request) -> SilencePage:
    """Silences, by their names; those that are over, too."""
    async with read(request) as session:
        found = await queries.list_silences(session, wanted.after, wanted.limit + 1)
    page, at = cut(found, wanted.limit, lambda row: row.name), request_context(request).at
    return SilencePage(items=[SilenceView.of(row, at) for row in page.rows], next=page.next)


@router.put("/{name}", responses={201: {"model": SilenceView}, **refuses(NotKnownYet)})
async def put_silence(
    name: SilenceName, body: SilenceBody, _: RouteWriter, request: Request, response: Response
) -> SilenceView:
    """Make or change a silence: 201 when made, 200 when changed. Alerts that it matches are raised and shown, but
    nobody is notified of them until it ends."""
    async with act(request) as (work, context):
        put = await usecases.put_silence(work, context, body.silence(name), body.reason)
    response.status_code = 201 if put.is_new else 200
    return SilenceView.of(put.row, context.at)


@router.delete("/{name}", responses=refuses(NoSuchSilence))
async def end_silence(name: SilenceName, _: RouteWriter, request: Request) -> SilenceView:
    """End the silence now. It stays in the list, with who ended it; routes hear of what it has hushed and is
    unresolved."""
    async with act(request) as (work, context):
        row = await usecases.end_silence(work, context, name)
    return SilenceView.of(row, context.at)

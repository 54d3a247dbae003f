"""Inhibitions over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from notifications.access import RouteReader, RouteWriter
from notifications.domain.inhibition import NoSuchInhibition
from notifications.inhibitions import queries, usecases
from notifications.inhibitions.schemas import InhibitionBody, InhibitionPage, InhibitionQuery, InhibitionView
from services.errors import NotKnownYet
from services.web.answers import refuses
from services.web.fields import Code
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/inhibitions", tags=["silences"], route_class=StrictRoute)

InhibitionName: TypeAlias = Annotated[Code, Path(description="Name of the inhibition", examples=["province"])]


@router.get("")
async def list_inhibitions(
    _: RouteReader, wanted: Annotated[InhibitionQuery, Query()], request: Request
) -> InhibitionPage:
    """Inhibitions, by their names."""
    async with read(request) as session:
        found = await queries.list_inhibitions(session, wanted.after, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda row: row.name)
    return InhibitionPage(items=[InhibitionView.model_validate(row) for row in page.rows], next=page.next)


@router.put("/{name}", responses={201: {"model": InhibitionView}, **refuses(NotKnownYet)})
async def put_inhibition(
    name: InhibitionName, body: InhibitionBody, _: RouteWriter, request: Request, response: Response
) -> InhibitionView:
    """Make or change an inhibition: 201 when made, 200 when changed. An alert of a unit there hushes those of units
    below it, of the same scheme and measure, that are no graver."""
    async with act(request) as (work, context):
        put = await usecases.put_inhibition(work, context, name, body.under)
    response.status_code = 201 if put.is_new else 200
    return InhibitionView.model_validate(put.row)


@router.delete("/{name}", status_code=204, responses=refuses(NoSuchInhibition))
async def remove_inhibition(name: InhibitionName, _: RouteWriter, request: Request) -> None:
    """Remove the inhibition; routes hear of what it has hushed and is unresolved."""
    async with act(request) as (work, context):
        await usecases.remove_inhibition(work, context, name)

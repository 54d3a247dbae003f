"""Digests over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from notifications.access import RouteReader, RouteWriter
from notifications.channels.registry import channels_of_digests
from notifications.digests import queries, usecases
from notifications.digests.contents import snapshot_at
from notifications.digests.schemas import DigestBody, DigestPage, DigestQuery, DigestView
from notifications.digests.usecases import PutDigest
from notifications.domain.digest import NoSuchDigest
from notifications.messages.digest_snapshot import DigestSnapshot
from services.errors import NotKnownYet
from services.web.answers import refuses
from services.web.fields import Code
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read, request_context

router = APIRouter(prefix="/v1/digests", tags=["digests"], route_class=StrictRoute)

DigestName: TypeAlias = Annotated[Code, Path(description="Name of the digest", examples=["thanh-hoa"])]


@router.get("")
async def list_digests(_: RouteReader, wanted: Annotated[DigestQuery, Query()], request: Request) -> DigestPage:
    """Digests, by their names, each with when the next one comes."""
    async with read(request) as session:
        found = await queries.list_digests(session, wanted.after, wanted.limit + 1)
    page = cut(found, wanted.limit, lambda row: row.name)
    return DigestPage(items=[DigestView.of(row) for row in page.rows], next=page.next)


@router.put("/{name}", responses={201: {"model": DigestView}, **refuses(NotKnownYet)})
async def put_digest(
    name: DigestName, body: DigestBody, _: RouteWriter, request: Request, response: Response
) -> DigestView:
    """Make or change a digest: 201 when made, 200 when changed or the same. The first one comes at the next of its
    times."""
    async with act(request) as (work, context):
        put = await usecases.put_digest(work, context, PutDigest(name, **dict(body)), channels_of_digests())
        view = DigestView.of(put.row)
    response.status_code = 201 if put.is_new else 200
    return view


@router.delete("/{name}", status_code=204, responses=refuses(NoSuchDigest))
async def remove_digest(name: DigestName, _: RouteWriter, request: Request) -> None:
    """Remove a digest; one that is queued already goes out."""
    async with act(request) as (work, context):
        await usecases.remove_digest(work, context, name)


@router.get("/{name}/preview", responses=refuses(NoSuchDigest))
async def preview_digest(name: DigestName, _: RouteReader, request: Request) -> DigestSnapshot:
    """What the digest would say if it was made now. Nothing is sent, and the next one says it, too."""
    context = request_context(request)
    async with read(request) as session:
        row = await queries.find_digest(session, name)
        _period, snapshot = await snapshot_at(session, row, context.at)
    return snapshot

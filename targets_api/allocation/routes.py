"""Sharing out over HTTP."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from services.errors import NotKnownYet, StaleVersion
from services.web.answers import refuses
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read, request_context
from targets_api.access import ProgressReader, TargetWriter, reads_own_of
from targets_api.allocation import usecases
from targets_api.allocation.schemas import AllocationBody, AllocationView, TreeView
from targets_api.domain.allocation import SharesDoNotFit
from targets_api.domain.revision import TargetIsOver, TargetIsWithdrawn
from targets_api.domain.share_tree import TreeTooLarge
from targets_api.domain.sharing_out import AlreadyShared
from targets_api.domain.target import InvalidTarget, NoSuchTarget, TargetDiffers
from targets_api.targets.routes import TargetId

router = APIRouter(prefix="/v1", tags=["targets"], route_class=StrictRoute)


@router.post(
    "/targets/{target_id}/allocation",
    status_code=201,
    responses={
        200: {"model": AllocationView},
        **refuses(
            *(NoSuchTarget, StaleVersion, TargetIsWithdrawn, TargetIsOver, NotKnownYet),
            *(SharesDoNotFit, AlreadyShared, TargetDiffers, InvalidTarget),
        ),
    },
)
async def share_out_target(
    target_id: TargetId, body: AllocationBody, _: TargetWriter, request: Request, response: Response
) -> AllocationView:
    """Share a target out to those below it, in whole persons that sum to it exactly (largest remainder).

    With `dry_run` the shares are shown and none is set: 200. Else all of them are set as targets of the same period, or
    none: 201; sent again they are answered as they stand: 200. Shares that stand with other values are kept, and the
    request refused with 409, unless `replace` says why they are to be others.
    """
    asked, because = body.sharing_out(), body.replace_because()
    if body.dry_run:
        async with read(request) as session:
            context = request_context(request)
            outcome = await usecases.preview(session, context, target_id, body.version, asked)
    else:
        async with act(request) as (work, context):
            outcome = await usecases.share_out(work, context, target_id, body.version, asked, because)
    response.status_code = 201 if outcome.is_new else 200
    return await asyncio.to_thread(AllocationView.of, outcome)


@router.get("/targets/{target_id}/tree", responses=refuses(NoSuchTarget, TreeTooLarge))
async def get_target_tree(target_id: TargetId, actor: ProgressReader, request: Request) -> TreeView:
    """A target with its shares, theirs and so on, and where they no longer add up: after a revision, a withdrawal, a
    new baseline. With `progress:own` one of the own organisation, of those below it or of their collectors. 422 beyond
    5,000 shares, theirs included."""
    async with read(request) as session:
        tree = await usecases.tree(session, target_id, reads_own_of(actor))
    return await asyncio.to_thread(TreeView.of, tree)

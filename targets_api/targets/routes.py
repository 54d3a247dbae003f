"""Targets and baselines over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response

from services.errors import NotKnownYet, StaleVersion
from services.ids import new_id
from services.web.answers import refuses, sends
from services.web.fields import AN_ID, Code, Id
from services.web.lists import cut
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read
from targets_api.access import ProgressReader, TargetWriter, reads_own_of
from targets_api.domain.baseline import InvalidBaseline
from targets_api.domain.revision import TargetIsOver, TargetIsWithdrawn
from targets_api.domain.target import InvalidTarget, NoSuchTarget, TargetDiffers
from targets_api.targets import queries, usecases
from targets_api.targets.history import TargetHistory, history_of
from targets_api.targets.schemas import (
    BaselineBody,
    BaselineView,
    RevisionBody,
    TargetBody,
    TargetPage,
    TargetQuery,
    TargetView,
    WithdrawalBody,
)

router = APIRouter(prefix="/v1", tags=["targets"], route_class=StrictRoute)

TargetId: TypeAlias = Annotated[Id, Path(description="Id of the target", examples=[AN_ID])]
UnitInPath: TypeAlias = Annotated[Code, Path(description="Code of the unit", examples=["15142"])]


@router.post(
    "/targets",
    status_code=201,
    responses={
        200: {"model": TargetView, **sends("Location")},
        201: sends("Location"),
        **refuses(InvalidTarget, TargetDiffers, NotKnownYet),
    },
)
async def set_target(body: TargetBody, _: TargetWriter, request: Request, response: Response) -> TargetView:
    """Set a target: 201. Sent again with the same value it is answered as it stands: 200; with another value: 409.

    What has been signed up already in its period counts.
    """
    async with act(request) as (work, context):
        [outcome] = await usecases.set_targets(work, context, [body.target(new_id())])
    response.status_code = 201 if outcome.is_new else 200
    response.headers["Location"] = f"/v1/targets/{outcome.target.id}"
    return TargetView.model_validate(outcome.target)


@router.get("/targets/{target_id}", responses=refuses(NoSuchTarget))
async def get_target(target_id: TargetId, actor: ProgressReader, request: Request) -> TargetView:
    """One target; with `progress:own` one of the own organisation, of those below it or of their collectors. How far it
    has come is in `/v1/progress`."""
    async with read(request) as session:
        return TargetView.model_validate(await queries.find_target(session, target_id, reads_own_of(actor)))


@router.get("/targets/{target_id}/history", responses=refuses(NoSuchTarget))
async def get_target_history(target_id: TargetId, actor: ProgressReader, request: Request) -> TargetHistory:
    """How the target was set, revised and withdrawn: when, by whom, why, and from which day on. Whoever may see the
    target may see this."""
    async with read(request) as session:
        target = await queries.find_target(session, target_id, reads_own_of(actor))
        setting = await queries.who_set(session, target_id)
        return history_of(target, setting, await queries.changes_of(session, target_id))


@router.get("/targets")
async def list_targets(actor: ProgressReader, wanted: Annotated[TargetQuery, Query()], request: Request) -> TargetPage:
    """Targets that name these in their scope, alone or beside others; the latest first. None that was withdrawn. With
    `progress:own` only those of the own organisation, of those below it and of their collectors."""
    filters = queries.Filters(**wanted.model_dump(exclude={"limit"}), own_of=reads_own_of(actor))
    async with read(request) as session:
        page = cut(await queries.list_targets(session, filters, wanted.limit + 1), wanted.limit, lambda t: t.id)
    return TargetPage(items=[TargetView.model_validate(target) for target in page.rows], next=page.next)


@router.post(
    "/targets/{target_id}/revision",
    responses=refuses(NoSuchTarget, StaleVersion, TargetIsWithdrawn, TargetIsOver, InvalidTarget),
)
async def revise_target(target_id: TargetId, body: RevisionBody, _: TargetWriter, request: Request) -> TargetView:
    """Change the value of a target, from the day `from` on. 409 where it has changed since `version`, was withdrawn, or
    its period is over."""
    async with act(request) as (work, context):
        target = await usecases.change_target(work, context, target_id, body.revision())
    return TargetView.model_validate(target)


@router.post("/targets/{target_id}/withdrawal", responses=refuses(NoSuchTarget, StaleVersion, TargetIsWithdrawn))
async def withdraw_target(target_id: TargetId, body: WithdrawalBody, _: TargetWriter, request: Request) -> TargetView:
    """Take a target back, for good: progress from today on has it no more, and its alert is resolved. 409 where it has
    changed since `version`, or was withdrawn before."""
    async with act(request) as (work, context):
        target = await usecases.change_target(work, context, target_id, body.withdrawal())
    return TargetView.model_validate(target)


@router.put(
    "/units/{code}/baselines", responses={201: {"model": BaselineView}, **refuses(NotKnownYet, InvalidBaseline)}
)
async def set_baseline(
    code: UnitInPath, body: BaselineBody, _: TargetWriter, request: Request, response: Response
) -> BaselineView:
    """Set how many live in the unit, and how many of them the scheme covers, at the end of the day `on`, which is over.

    Covered on a later day = this count + the new sign-ups from the next day on, until a later baseline takes over:
    sign-ups of the day itself are in the count already. 201 for a new day, 200 where one of that day is replaced.
    """
    baseline = body.baseline(code)
    async with act(request) as (work, context):
        outcome = await usecases.set_baseline(work, context, baseline)
    response.status_code = 201 if outcome.is_new else 200
    return BaselineView.model_validate(outcome.baseline)

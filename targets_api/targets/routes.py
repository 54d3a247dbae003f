"""Targets and baselines over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.clock import Clock
from services.context import context_of
from services.ids import new_id
from services.persistence.database import Database
from services.security.tokens import Principal
from services.vocabulary import Measure, Scheme
from services.web.auth import requires
from services.web.fields import Code
from targets_api.targets import usecases
from targets_api.targets.schemas import BaselineBody, BaselineView, TargetBody, TargetPage, TargetView

Setter: TypeAlias = Annotated[Principal, requires("targets:write")]
Reader: TypeAlias = Annotated[Principal, requires("progress:read")]


def _filters(
    unit_code: Annotated[Code | None, Query()] = None,
    organisation_code: Annotated[Code | None, Query()] = None,
    collector_code: Annotated[Code | None, Query()] = None,
    scheme: Annotated[Scheme | None, Query()] = None,
    measure: Annotated[Measure | None, Query()] = None,
) -> dict[str, str]:
    given = {
        "unit_code": unit_code,
        "organisation_code": organisation_code,
        "collector_code": collector_code,
        "scheme": scheme,
        "measure": measure,
    }
    return {name: value for name, value in given.items() if value is not None}


def target_routes(database: Database, clock: Clock) -> APIRouter:
    """Set and read targets."""
    router = APIRouter(prefix="/v1/targets", tags=["targets"])

    @router.post("", status_code=201, responses={200: {"model": TargetView}})
    async def set_target(request: Request, response: Response, body: TargetBody, _: Setter) -> TargetView:
        """Set a target: 201. Sent again with the same value it is answered as it stands: 200; with another value: 409.

        What has been signed up already in its period counts.
        """
        async with database.write() as work:
            context = context_of(clock, request.state.request_id)
            [outcome] = await usecases.set_targets(work, [body.target(new_id())], context)
        response.status_code = 201 if outcome.is_new else 200
        response.headers["Location"] = f"/v1/targets/{outcome.target.id}"
        return TargetView.of(outcome.target)

    @router.get("/{target_id}")
    async def target(target_id: UUID, _: Reader) -> TargetView:
        """One target. How far it has come is told by `/v1/progress`."""
        return TargetView.of(await usecases.read_target(database, target_id))

    @router.get("")
    async def targets(
        filters: Annotated[dict[str, str], Depends(_filters)],
        _: Reader,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        after: UUID | None = None,
    ) -> TargetPage:
        """Targets that name these in their scope, alone or beside others; the latest first."""
        found, last = await usecases.list_targets(database, filters, after, limit)
        return TargetPage(items=[TargetView.of(target) for target in found], next=last)

    return router


def baseline_routes(database: Database, clock: Clock) -> APIRouter:
    """Set baselines."""
    router = APIRouter(prefix="/v1/units", tags=["targets"])

    @router.put("/{code}/baselines", responses={201: {"model": BaselineView}})
    async def set_baseline(
        request: Request, response: Response, code: Code, body: BaselineBody, _: Setter
    ) -> BaselineView:
        """Note how many live in the unit, and how many of them the scheme covers, at the end of the day `on`.

        Covered on a later day = this count + the new sign-ups from the next day on, until a later baseline takes over:
        sign-ups of the day itself are in the count already. 201 for a new day, 200 where one of that day is replaced.
        """
        async with database.write() as work:
            context = context_of(clock, request.state.request_id)
            is_new = await usecases.set_baseline(work, body.baseline(code), context)
        response.status_code = 201 if is_new else 200
        return BaselineView(unit_code=code, **body.model_dump())

    return router

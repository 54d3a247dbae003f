"""Chains of escalation over HTTP."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Request, Response

from notifications.access import RouteReader, RouteWriter
from notifications.domain.escalation import AlreadyEscalated, NoSuchEscalation
from notifications.escalations import usecases
from notifications.escalations.queries import all_escalations
from notifications.escalations.schemas import EscalationBody, EscalationList, EscalationView
from notifications.escalations.usecases import PutEscalation
from services.errors import NotKnownYet
from services.web.answers import refuses
from services.web.fields import Code
from services.web.strict_route import StrictRoute
from services.web.transactions import act, read

router = APIRouter(prefix="/v1/escalations", tags=["escalations"], route_class=StrictRoute)

EscalationName: TypeAlias = Annotated[Code, Path(description="Name of the chain", examples=["thanh-hoa"])]


@router.get("")
async def list_escalations(_: RouteReader, request: Request) -> EscalationList:
    """All chains of escalation."""
    async with read(request) as session:
        rows = await all_escalations(session)
    return EscalationList(items=[EscalationView.model_validate(row.model_dump()) for row in rows])


@router.put("/{name}", responses={201: {"model": EscalationView}, **refuses(NotKnownYet, AlreadyEscalated)})
async def put_escalation(
    name: EscalationName, body: EscalationBody, _: RouteWriter, request: Request, response: Response
) -> EscalationView:
    """Make or change a chain: 201 when made, 200 when changed or the same. Open alerts go on by it: steps whose time is
    over are taken at once."""
    command = PutEscalation(name, body.under, [step.model_dump() for step in body.steps])
    async with act(request) as (work, context):
        put = await usecases.put_escalation(work, context, command)
        shown = EscalationView.model_validate(put.row.model_dump())
    response.status_code = 201 if put.is_new else 200
    return shown


@router.delete("/{name}", status_code=204, responses=refuses(NoSuchEscalation))
async def delete_escalation(name: EscalationName, _: RouteWriter, request: Request) -> None:
    """Remove a chain. Its alerts go on by the one of the next unit above, if there is one, from the level they have."""
    async with act(request) as (work, context):
        await usecases.remove_escalation(work, context, name)

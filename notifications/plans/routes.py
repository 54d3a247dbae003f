"""What will become of an alert, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from notifications.access import RouteReader
from notifications.domain.alert import NoSuchAlert
from notifications.plans.queries import plan_of
from notifications.plans.schemas import PlanQuery, PlanView
from services.context import context_of
from services.web.answers import refuses
from services.web.strict_route import StrictRoute
from services.web.transactions import read

router = APIRouter(prefix="/v1/escalations", tags=["escalations"], route_class=StrictRoute)


@router.get("/plan", responses=refuses(NoSuchAlert))
async def get_plan(_: RouteReader, wanted: Annotated[PlanQuery, Query()], request: Request) -> PlanView:
    """What will become of an alert, and who will be notified when, if nobody does anything: its acknowledgement times
    out, its report is overdue, remedies are missed, it is escalated."""
    runtime = request.app.state.runtime
    group_wait: timedelta = runtime.settings.terms.group_wait
    async with read(request) as session:
        plan = await plan_of(session, wanted.alert_id, context_of(runtime.clock).at, group_wait)
    return PlanView.of(plan)

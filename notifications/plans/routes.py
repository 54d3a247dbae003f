"""What will become of an alert, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from notifications.access import RouteReader
from notifications.channels.registry import repeats_of_state
from notifications.domain.alert import NoSuchAlert
from notifications.domain.reminder import Intervals
from notifications.domain.terms import Terms
from notifications.plans.queries import plan_of
from notifications.plans.schemas import PlanQuery, PlanView
from services.errors import Unreadable
from services.web.answers import refuses
from services.web.strict_route import StrictRoute
from services.web.transactions import read, request_context

router = APIRouter(prefix="/v1/escalations", tags=["escalations"], route_class=StrictRoute)


@router.get("/plan", responses=refuses(NoSuchAlert, Unreadable))
async def get_plan(_: RouteReader, wanted: Annotated[PlanQuery, Query()], request: Request) -> PlanView:
    """What will become of an alert, and who will be notified when, if nobody does anything: its acknowledgement times
    out, its report is overdue, remedies are missed, it is escalated, and routes are told again."""
    terms: Terms = request.app.state.runtime.settings.terms
    intervals = Intervals(terms.repeat, repeats_of_state())
    async with read(request) as session:
        plan = await plan_of(session, wanted.alert_id, request_context(request), terms, intervals)
    return PlanView.of(plan)

"""Statistics over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from notifications.access import AlertReader, reads_own_of
from notifications.statistics import queries
from notifications.statistics.schemas import AlertStatistics, CauseStatistics, StatisticsQuery
from services.web.strict_route import StrictRoute
from services.web.transactions import read, request_context

router = APIRouter(prefix="/v1/alerts/statistics", tags=["alerts"], route_class=StrictRoute)


@router.get("")
async def get_statistics(
    actor: AlertReader, wanted: Annotated[StatisticsQuery, Query()], request: Request
) -> AlertStatistics:
    """Of the alerts that were raised in a period: how fast they were acknowledged and reported, reports that are due,
    causes by frequency, and what became of remedies; with `alerts:own` of own ones. Files have a row for each unit."""
    context = request_context(request)
    asked = wanted.asked(context.today, reads_own_of(actor))
    async with read(request) as session:
        return AlertStatistics.of(asked, await queries.statistics(session, asked, context.at, context.today))


@router.get("/causes")
async def get_cause_statistics(
    actor: AlertReader, wanted: Annotated[StatisticsQuery, Query()], request: Request
) -> CauseStatistics:
    """The causes of the same alerts by frequency, for each unit right below and each month in which alerts were raised;
    with `alerts:own` of own ones."""
    asked = wanted.asked(request_context(request).today, reads_own_of(actor))
    async with read(request) as session:
        return CauseStatistics.of(asked, *await queries.causes_by_unit_and_month(session, asked))

"""The calendar over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from services.errors import Invalid
from services.web.strict_route import StrictRoute
from services.web.transactions import read
from targets_api.access import ProgressReader
from targets_api.calendars.schemas import CalendarPage, CalendarQuery, calendar_days
from targets_api.hierarchy.queries import known_codes

router = APIRouter(prefix="/v1/calendar", tags=["policies"], route_class=StrictRoute)


@router.get("")
async def list_days(_: ProgressReader, wanted: Annotated[CalendarQuery, Query()], request: Request) -> CalendarPage:
    """Each day from `from` to `to`: whether it is a working day, and how much it counts for what is expected of
    targets."""
    days = wanted.days()
    if wanted.unit_code is not None:
        await _check_unit(request, wanted.unit_code)
    return CalendarPage(items=list(calendar_days(days)))


async def _check_unit(request: Request, code: str) -> None:
    async with read(request) as session:
        if not await known_codes(session, "unit", [code]):
            detail = (
                f"no unit {code} is known here: check the code; what was registered just now arrives within moments"
            )
            raise Invalid.field("/query/unit_code", detail)

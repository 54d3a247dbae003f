"""Files of targets over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from services.errors import NotKnownYet, StaleVersion
from services.runtime import AnyRuntime
from services.web.answers import refuses_items
from services.web.middleware import seconds_left
from services.web.openapi import table_body_of
from services.web.problems import base_of
from services.web.strict_route import StrictRoute
from services.web.table_body import table_body
from services.web.transactions import request_context
from targets_api.access import TargetWriter
from targets_api.domain.revision import TargetIsOver
from targets_api.domain.target import InvalidTarget, TargetDiffers
from targets_api.imports.rows import COLUMNS, MOST_ROWS, read_rows
from targets_api.imports.runner import take_rows, try_rows
from targets_api.imports.schemas import TargetFileAnswer, TargetFileQuery, answer_of

router = APIRouter(prefix="/v1", tags=["targets"], route_class=StrictRoute)

FILE: Final = table_body_of(
    "TargetsFile",
    f"columns in any order: {', '.join(COLUMNS.names)}",
    "unit_code,scheme,measure,value,period,name\r\n15142,household_health,coverage,95.15%,2025-Q4,Q4\r\n",
)
_SPARE_SECONDS: Final = 2.5
"""For the last page, and the answer."""
_PROBLEMS: Final = refuses_items(InvalidTarget, NotKnownYet, StaleVersion, TargetIsOver, TargetDiffers)


@router.post(
    "/targets/imports",
    responses={201: {"model": TargetFileAnswer}, 207: {"model": TargetFileAnswer, **_PROBLEMS}},
    openapi_extra=FILE,
)
async def import_targets(
    _: TargetWriter, wanted: Annotated[TargetFileQuery, Query()], request: Request, response: Response
) -> TargetFileAnswer:
    """Set the targets of a CSV or XLSX file, and revise those that stand with another value: 201 where any is new, 207
    where rows were refused or left. Sent again, all rows are the same. With `dry_run` nothing is kept."""
    runtime: AnyRuntime = request.app.state.runtime
    async with table_body(request, COLUMNS, MOST_ROWS) as rows:
        read = await read_rows(rows)
    act = try_rows if wanted.dry_run else take_rows
    asked = (runtime.database, request_context(request), read, wanted.of_all())
    done = await act(*asked, has_time=lambda: seconds_left(request) > _SPARE_SECONDS)
    answer = answer_of(done, base_of(request), dry_run=wanted.dry_run)
    response.status_code = 207 if answer.refused or answer.left else 201 if answer.set and not wanted.dry_run else 200
    return answer

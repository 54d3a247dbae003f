"""Progress as server-sent events over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response, Security
from fastapi.sse import format_sse_event
from pydantic import Field

from services.context import Actor
from services.shown import SchemeWord
from services.web.auth import authorize
from services.web.fields import Code
from services.web.lists import QueryParameters
from services.web.sse.answer import LastEventId, Listening, described, stream
from services.web.strict_route import StrictRoute
from services.web.transactions import read
from targets_api.domain.owner import NoSuchOwner
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.figures import ProgressKey
from targets_api.progress.reader import UNIT
from targets_api.progress.stream.changes import Wanted
from targets_api.scopes import PROGRESS_READ

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

_ANSWER: Final = described(["progress"], "Figures of a unit", '{"unit":{"code":"15142"}}', NoSuchOwner)


class StreamQuery(QueryParameters):
    """Which units, and in which scheme."""

    under: Code = Field(description="Code of a unit: this one and all below it", examples=["38"])
    scheme: SchemeWord = Field(description="In which scheme")


@router.get("/stream", **_ANSWER)
async def stream_progress(
    request: Request,
    wanted: Annotated[StreamQuery, Query()],
    _: Annotated[Actor, Security(authorize, scopes=[PROGRESS_READ])],
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events. `progress` has in `data` what `GET /v1/progress/units/{code}` answers, for each unit at or
    below `under` whose figures have changed, at most once a second. `reload`, the first event where no `Last-Event-ID`
    is sent, says that anything may have changed: read anew what is shown. Ids go on at any process of the service."""
    root = await _root(request, wanted.under)

    async def tell(codes: Sequence[str]) -> list[bytes]:
        return await _told(request, wanted.scheme, codes)

    listening = Listening(request, Wanted(root, wanted.scheme), last_event_id, [PROGRESS_READ])
    return await stream(request.app.state.feed, listening, tell)


async def _told(request: Request, scheme: SchemeWord, codes: Sequence[str]) -> list[bytes]:
    today = request.app.state.runtime.clock.today()
    keys = [ProgressKey(code, scheme, date(today.year, 1, 1), today) for code in codes]
    found = await asyncio.gather(*(request.app.state.answers.of(UNIT, key) for key in keys))
    return [format_sse_event(event="progress", data_str=each.body.decode()) for each in found if each]


async def _root(request: Request, code: str) -> str:
    async with read(request) as session:
        known = await known_codes(session, "unit", [code])
    if code not in known:
        raise NoSuchOwner(
            f"no unit {code} is known here: check the code; what was registered just now arrives within moments"
        )
    return known[code]

"""Progress as server-sent events over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Header, Query, Request, Response, Security
from fastapi.sse import EventSourceResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from services.context import Actor
from services.errors import DomainError, Unavailable
from services.shown import SchemeWord
from services.web.answers import refuses
from services.web.auth import authorize, authorized
from services.web.fields import Code
from services.web.lists import QueryParameters
from services.web.middleware import is_head
from services.web.openapi import DEFINITIONS
from services.web.strict_route import StrictRoute
from services.web.transactions import read
from targets_api.access import PROGRESS_READ
from targets_api.domain.owner import NoSuchOwner
from targets_api.domain.position import LONGEST, position_of
from targets_api.hierarchy.queries import known_codes
from targets_api.progress.stream.events import events
from targets_api.progress.stream.feed import Feed
from targets_api.remembering.answers import Answers

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=StrictRoute)

_UNBUFFERED: Final = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
_EXAMPLE: Final = {"event": "progress", "data": '{"unit":{"code":"15142"}}', "id": "65.1f.0.b4c7f.731:731:"}
_SCHEMA: Final = {
    "StreamEvent": {
        "title": "StreamEvent",
        "type": "object",
        "description": "One of the server-sent events, as the HTML standard has them; `data` is JSON",
        "properties": {
            "event": {
                "type": "string",
                "description": "What it tells",
                "enum": ["progress", "reload"],
                "examples": ["progress"],
            },
            "data": {
                "type": "string",
                "description": "Figures of a unit, or why to read anew",
                "maxLength": 100_000,
                "examples": [_EXAMPLE["data"]],
            },
            "id": {
                "type": "string",
                "description": "The place to resume from",
                "maxLength": LONGEST,
                "examples": [_EXAMPLE["id"]],
            },
            "retry": {
                "type": "integer",
                "format": "int32",
                "description": "Milliseconds to wait before another try",
                "minimum": 0,
                "maximum": 60_000,
                "examples": [2000],
            },
        },
        "additionalProperties": False,
        "example": _EXAMPLE,
    }
}
"""Before version 3.2 of OpenAPI, the schema of a stream describes each of its events."""
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events, until the token expires or the process ends",
        "content": {
            EventSourceResponse.media_type: {
                "schema": {"$ref": "#/components/schemas/StreamEvent"},
                "example": _EXAMPLE,
            }
        },
    }
}


_EventId: TypeAlias = Annotated[str, Field(max_length=LONGEST, examples=["65.1f.0.b4c7f.731:731:"])]


class _Stream(EventSourceResponse):
    """Leaves the feed however it ends: a client may be gone before the first event is asked for."""

    def __init__(self, told: AsyncIterator[bytes], leave: Callable[[], None]) -> None:
        super().__init__(told, headers=_UNBUFFERED)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


class StreamQuery(QueryParameters):
    """Which units, and in which scheme."""

    under: Code = Field(description="Code of a unit: this one and all below it", examples=["38"])
    scheme: SchemeWord = Field(description="In which scheme")


@router.get(
    "/stream",
    response_class=Response,
    responses={**_STREAM, **refuses(NoSuchOwner, Unavailable)},
    openapi_extra={DEFINITIONS: _SCHEMA},
)
async def stream_progress(
    request: Request,
    wanted: Annotated[StreamQuery, Query()],
    _: Annotated[Actor, Security(authorize, scopes=[PROGRESS_READ])],
    last_event_id: Annotated[
        _EventId | None, Header(alias="Last-Event-ID", description="The `id` that was received last")
    ] = None,
) -> Response:
    """Server-sent events. `progress` has in `data` what `GET /v1/progress/units/{code}` answers, for each unit at or
    below `under` whose figures have changed, at most once a second. `reload`, the first event where no `Last-Event-ID`
    is sent, says that anything may have changed: read anew what is shown. Ids go on at any process of the service."""
    root = await _root(request, wanted.under)
    feed: Feed = request.app.state.feed
    answers: Answers = request.app.state.answers
    if is_head(request):
        return EventSourceResponse(iter(()), headers=_UNBUFFERED)
    request.state.is_stream = True
    subscription = await feed.subscribe(root, wanted.scheme, position_of(last_event_id or ""))
    today = request.app.state.runtime.clock.today
    told = events(feed, answers, subscription, today, lambda: _is_good(request))
    return _Stream(told, lambda: feed.leave(subscription))


async def _root(request: Request, code: str) -> str:
    async with read(request) as session:
        known = await known_codes(session, "unit", [code])
    if code not in known:
        raise NoSuchOwner(
            f"no unit {code} is known here: check the code; what was registered just now arrives within moments"
        )
    return known[code]


def _is_good(request: Request) -> bool:
    """Whether the token still allows it."""
    try:
        authorized(request, PROGRESS_READ)
    except DomainError:
        return False
    return True

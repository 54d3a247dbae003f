"""A stream as the answer of a route, and as the document describes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

from fastapi import Header, Request, Response
from fastapi.sse import EventSourceResponse
from pydantic import Field
from starlette.types import Receive, Scope, Send

from services.errors import DomainError, Unavailable
from services.web.answers import refuses
from services.web.auth import authorized
from services.web.middleware import is_head
from services.web.openapi import DEFINITIONS
from services.web.sse.events import Tell, events
from services.web.sse.feed import Feed
from services.web.sse.position import LONGEST, position_of

_UNBUFFERED: Final = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
_AN_ID: Final = "65.1f.0.b4c7f.731:731:"

LastEventId: TypeAlias = Annotated[
    Annotated[str, Field(max_length=LONGEST, examples=[_AN_ID])] | None,
    Header(alias="Last-Event-ID", description="The `id` that was received last"),
]


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


class Listening(NamedTuple):
    """Who listens to what, from where on. `scopes`: with any of them the client may go on to."""

    request: Request
    wanted: Any
    last_event_id: str | None
    scopes: Sequence[str]


async def stream(feed: Feed[Any], listening: Listening, tell: Tell) -> Response:
    """The answer. Raises Unavailable where too many listen."""
    request = listening.request
    if is_head(request):
        return EventSourceResponse(iter(()), headers=_UNBUFFERED)
    request.state.is_stream = True
    subscription = await feed.subscribe(listening.wanted, position_of(listening.last_event_id or ""))
    told = events(feed, subscription, tell, lambda: _is_good(request, listening.scopes))
    return _Stream(told, lambda: feed.leave(subscription))


def _is_good(request: Request, scopes: Sequence[str]) -> bool:
    """Whether the token still allows it."""
    try:
        authorized(request, *scopes)
    except DomainError:
        return False
    return True


def described(kinds: Sequence[str], tells: str, data: str, *errors: type[DomainError]) -> dict[str, Any]:
    """The arguments of a route that say in the document what it answers: events of these kinds, beside `reload`, or
    these errors.

    `tells`: what their data is; `data`: that of the first, as an example. Before version 3.2 of OpenAPI, the schema of
    a stream describes each of its events."""
    example = {"event": kinds[0], "data": data, "id": _AN_ID}
    content = {"schema": {"$ref": "#/components/schemas/StreamEvent"}, "example": example}
    return {
        "response_class": Response,
        "responses": {
            200: {
                "description": "Events, until the token expires or the process ends",
                "content": {EventSourceResponse.media_type: content},
            },
            **refuses(Unavailable, *errors),
        },
        "openapi_extra": {DEFINITIONS: {"StreamEvent": _schema(kinds, tells, example)}},
    }


def _schema(kinds: Sequence[str], tells: str, example: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": "StreamEvent",
        "type": "object",
        "description": "One of the server-sent events, as the HTML standard has them; `data` is JSON",
        "properties": {
            "event": _text("What it tells", example["event"], enum=[*kinds, "reload"]),
            "data": _text(f"{tells}, or why to read anew", example["data"], maxLength=100_000),
            "id": _text("The place to resume from", _AN_ID, maxLength=LONGEST),
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
        "example": example,
    }


def _text(description: str, example: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more, "examples": [example]}

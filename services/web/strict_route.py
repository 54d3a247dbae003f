"""The class of all routes that are not hot: `APIRouter(prefix=…, route_class=StrictRoute)`.

FastAPI resolves parameters and dependencies. Who may ask, and which queries and bodies are taken, is decided here, by
the same functions and in the same order as for hot routes: nothing is read of whoever may not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.web.auth import authorize, authorized
from services.web.etag import NOT_SHARED, with_tag
from services.web.json_body import json_body, parsed
from services.web.parameters import refuse_unknown_parameters


class StrictRoute(APIRoute):
    """Refuses whoever lacks its scope, then parameters that it does not declare, then what is no JSON body.

    JSON that a GET answers has an entity tag.
    """

    cache_control: ClassVar[str] = NOT_SHARED

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, behind the checks."""
        handle = super().get_route_handler()
        has_body, is_read = self.body_field is not None, self.methods == {"GET"}
        guards = [each.own_oauth_scopes or [] for each in self.dependant.dependencies if each.call is authorize]

        async def strict(request: Request) -> Response:
            for scopes in guards:
                authorized(request, *scopes)
            refuse_unknown_parameters(request)
            response = await handle(await _with_body(request) if has_body else request)
            return with_tag(request, response, self.cache_control) if is_read else response

        return strict


class PersonalRoute(StrictRoute):
    """What it answers is about people: no cache keeps it. Its tag is for clients that keep the answer knowingly."""

    cache_control = "no-store"


class _ParsedRequest(Request):
    """A request whose body was parsed before FastAPI asks for it."""

    parsed: Any = None

    async def json(self) -> Any:
        return self.parsed


async def _with_body(request: Request) -> Request:
    again = _ParsedRequest(request.scope, request.receive)
    async with json_body(again) as raw:
        again.parsed = parsed(raw)
    return again

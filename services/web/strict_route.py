"""The class of all routes that are not hot: `APIRouter(prefix=…, route_class=StrictRoute)`.

FastAPI resolves parameters and dependencies. Who may ask, and which queries and bodies are taken, is decided here, by
the same functions and in the same order as for hot routes: nothing is read of whoever may not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cached_property
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.web.auth import authorize, authorized
from services.web.etag import NOT_SHARED, with_tag
from services.web.json_body import json_body, parsed
from services.web.openapi import DEFINITIONS, operation_id
from services.web.parameters import declared_by, refuse_unknown_parameters
from services.web.table_answer import answered
from services.web.table_document import DEFINITIONS as TABLES
from services.web.table_document import with_table
from services.web.tables import Table, table_of


class StrictRoute(APIRoute):
    """Refuses whoever lacks its scope, then parameters that it does not declare, then what is no JSON body.

    JSON that a GET answers has an entity tag. A GET whose answer is a table (`services.web.tables`) has it as CSV and
    XLSX, too.
    """

    cache_control: ClassVar[str] = NOT_SHARED
    of_persons: ClassVar[bool] = False

    def __init__(self, *given: Any, **options: Any) -> None:
        of_apps = {"generate_unique_id_function": operation_id, "strict_content_type": False}  # json_body decides
        super().__init__(*given, **options | of_apps)
        if table := self._table():
            self.responses = with_table(self.responses, table)
            self.openapi_extra = {**(self.openapi_extra or {}), DEFINITIONS: dict(TABLES)}

    @cached_property
    def query_parameters(self) -> frozenset[str]:
        """The names of those that it takes."""
        return declared_by(self)

    def _table(self) -> Table | None:
        return table_of(self.response_model) if self.methods == {"GET"} else None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI's, behind the checks."""
        handle = super().get_route_handler()
        has_body, is_read, table = self.body_field is not None, self.methods == {"GET"}, self._table()
        guards = [each.own_oauth_scopes or [] for each in self.dependant.dependencies if each.call is authorize]

        def declared() -> frozenset[str]:
            return self.query_parameters

        async def tagged(request: Request) -> Response:
            response = await handle(await _with_body(request) if has_body else request)
            return with_tag(request, response, self.cache_control) if is_read else response

        async def strict(request: Request) -> Response:
            for scopes in guards:
                authorized(request, *scopes)
            refuse_unknown_parameters(request)
            if table is not None:
                return await answered(request, table, tagged, declared, self.cache_control, of_persons=self.of_persons)
            return await tagged(request)

        return strict


class PersonalRoute(StrictRoute):
    """What it answers is about people: no cache keeps it. Its tag is for clients that keep the answer knowingly."""

    cache_control = "no-store"
    of_persons = True


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

"""Routes of the hot path: one declaration feeds both the check of a request and the document.

FastAPI finds such a route and answers its errors; its resolution of parameters and dependencies, which costs three
times as much as this, is left out (ADR 12).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.routing import Match, Route
from starlette.types import Scope

from services.context import Actor, Context
from services.errors import DomainError, FieldError, Malformed
from services.web.answers import refuses, sends
from services.web.auth import alternatives, authorized
from services.web.field_errors import refusal
from services.web.json_body import json_body, validated
from services.web.openapi import DEFINITIONS, body_of, operation_id
from services.web.parameters import refuse_parameters_but, refuse_too_many_parameters
from services.web.problems import refusal_of_header
from services.web.table_answer import answered
from services.web.table_document import DEFINITIONS as TABLES
from services.web.table_document import with_table
from services.web.tables import Table, table_of
from services.web.transactions import request_context

P = TypeVar("P", bound=BaseModel)
H = TypeVar("H", bound=BaseModel)
B = TypeVar("B")


@dataclass(frozen=True)
class Declaration(Generic[P, H, B]):
    """What a hot route takes and gives: parameters of path and query, headers, a body, the scopes of which any one is
    enough, the answers.

    `refuses` are the errors that it answers beside those of any operation, `sends` the headers of its answer. A GET
    answers by `tagged_response`.
    """

    scopes: tuple[str, ...]
    answer: type[BaseModel]
    parameters: type[P] | None = None
    headers: type[H] | None = None
    body: TypeAdapter[B] | None = None
    body_examples: Mapping[str, Any] | None = None
    status: int = 200
    sends: Sequence[str] = ()
    refuses: Sequence[type[DomainError]] = ()


@dataclass(frozen=True, slots=True)
class HotRequest(Generic[P, H, B]):
    """A request that was authorized and checked. What its route does not declare is None."""

    request: Request
    actor: Actor
    parameters: P
    headers: H
    body: B

    def context(self) -> Context:
        """The context of the request."""
        return request_context(self.request)


Endpoint: TypeAlias = Callable[[HotRequest[Any, Any, Any]], Awaitable[Response]]


class _HotRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


class _MatchedFirst(Route):
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}  # as FastAPI's own do: requests are measured by it


def hot_route(
    router: APIRouter, method: str, path: str, declaration: Declaration[Any, Any, Any]
) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint that takes a HotRequest and returns the response."""

    table = table_of(declaration.answer) if method == "GET" else None

    wanted: type[BaseModel] | None = declaration.parameters

    def declared() -> frozenset[str]:
        return _names(wanted) if wanted else frozenset()

    def register(endpoint: Endpoint) -> Endpoint:
        async def handle(request: Request) -> Response:
            hot = await _checked(request, declaration)
            if table is None:
                return await endpoint(hot)
            return await answered(request, table, lambda asking: endpoint(_page(hot, asking, declaration)), declared)

        router.add_api_route(
            path,
            handle,
            methods=[method],
            name=getattr(endpoint, "__name__", path),
            description=endpoint.__doc__,
            status_code=declaration.status,
            response_class=Response,
            responses=_answers(declaration, table),
            openapi_extra=_document(declaration, path) | ({DEFINITIONS: dict(TABLES)} if table else {}),
            route_class_override=_HotRoute,
            generate_unique_id_function=operation_id,
        )
        return endpoint

    return register


def match_first(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Let the app find the hot routes of its routers before it walks through the routers, which costs 30 µs a request.

    The document has them where they are declared.
    """
    hot = [route for router in routers for route in router.routes if isinstance(route, _HotRoute)]
    app.router.routes[:0] = [
        _MatchedFirst(each.path, each.endpoint, methods=sorted(each.methods or ()), include_in_schema=False)
        for each in hot
    ]


async def _checked(request: Request, wanted: Declaration[Any, Any, Any]) -> HotRequest[Any, Any, Any]:
    actor = authorized(request, *wanted.scopes)
    refuse_too_many_parameters(request)
    headers = _headers(request, wanted.headers) if wanted.headers else None
    parameters = _parameters(request, wanted.parameters) if wanted.parameters else None
    if not wanted.parameters and request.query_params:
        refuse_parameters_but(frozenset(), request)
    body = await _body(request, wanted.body) if wanted.body else None
    return HotRequest(request, actor, parameters, headers, body)


def _page(hot: HotRequest[P, Any, Any], asking: Request, wanted: Declaration[P, Any, Any]) -> HotRequest[P, Any, Any]:
    """The same request for a page of its own: `limit` and `after` are those of the page."""
    parameters = _parameters(asking, wanted.parameters) if wanted.parameters else hot.parameters
    return replace(hot, request=asking, parameters=parameters)


async def _body(request: Request, adapter: TypeAdapter[B]) -> B:
    async with json_body(request) as raw:
        return validated(raw, adapter)


def _headers(request: Request, model: type[H]) -> H:
    given = {name: values[0] for name in _names(model) if (values := request.headers.getlist(name))}
    if repeated := [name for name in given if len(request.headers.getlist(name)) > 1]:
        raise refusal(Malformed, repeated, lambda name: FieldError(f"/header/{name}", "give this header once"))
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise refusal_of_header(error) from None


@cache
def _names(model: type[BaseModel]) -> frozenset[str]:
    """The names by which the fields come in."""
    return frozenset(str(field.alias or name) for name, field in model.model_fields.items())


def _parameters(request: Request, model: type[P]) -> P:
    items = request.query_params.multi_items()
    given = dict(items)
    if len(given) < len(items) or not request.path_params.keys().isdisjoint(given):
        refuse_parameters_but(_names(model) - request.path_params.keys(), request)
    try:
        return model.model_validate({**given, **request.path_params})
    except ValidationError as error:
        raise RequestValidationError(_located(error, request.path_params)) from error


def _located(error: ValidationError, path: Mapping[str, Any]) -> list[Any]:
    """pydantic's errors, each where FastAPI would say it is."""
    return [
        {**found, "loc": ("path" if found["loc"] and found["loc"][0] in path else "query", *found["loc"])}
        for found in error.errors(include_url=False)
    ]


def _answers(wanted: Declaration[Any, Any, Any], table: Table | None) -> dict[int | str, dict[str, Any]]:
    answer = {"model": wanted.answer, **sends(*wanted.sends)}
    answers = {wanted.status: answer, **refuses(*wanted.refuses)}
    return with_table(answers, table) if table else answers


def _document(wanted: Declaration[Any, Any, Any], path: str) -> dict[str, Any]:
    document: dict[str, Any] = {"security": alternatives(wanted.scopes)}
    parameters = [
        *(_described(wanted.headers, lambda _: "header") if wanted.headers else ()),
        *(
            _described(wanted.parameters, lambda n: "path" if f"{{{n}}}" in path else "query")
            if wanted.parameters
            else ()
        ),
    ]
    if parameters:
        document["parameters"] = parameters
    if wanted.body:
        document |= body_of(wanted.body, examples=wanted.body_examples)
    return document


def _described(model: type[BaseModel], place: Callable[[str], str]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    return [
        {
            "name": name,
            "in": place(name),
            "required": name in schema.get("required", ()),
            "schema": {key: field[key] for key in field if key != "title" and (key, field[key]) != ("default", None)},
        }
        for name, field in schema["properties"].items()
    ]

"""A service as its document describes it, for tests of what holds for every operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.routing import BaseRoute, Route


@dataclass
class Api:
    """A service's document, a client that may do everything, tokens of a scope, and the routes that the app has."""

    document: Mapping[str, Any]
    client: httpx.AsyncClient
    token: Callable[[str], str]
    routes: frozenset[tuple[str, str]] = frozenset()

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Method, path and description of each, those for the operator apart."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if path.startswith("/v1/"):
                    yield method.upper(), path, operation

    def guarded(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Those that need a token: all but the public ones."""
        return ((method, path, operation) for method, path, operation in self.operations() if operation["security"])

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without references, and without the null that an optional field may be."""
        if "$ref" in schema:
            return self.resolved(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
        return self.resolved(choices[0]) if len(choices) == 1 else schema

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, which is no failure; codes and ids of the path are made up."""
        headers = {"Idempotency-Key": "key-1", **request.pop("headers", {})}
        answer = await self.client.request(method, a_path(path), headers=headers, **request)
        assert answer.status_code < 500, answer.text
        return answer

    async def refusals(self, method: str, path: str, **request: Any) -> list[str]:
        """Where the errors of a refused request point to."""
        answer = await self.send(method, path, **request)
        return [error["pointer"] for error in answer.json().get("errors", ())] if answer.status_code == 422 else []


def routes_of(app: FastAPI) -> frozenset[tuple[str, str]]:
    """Method and path of each route below /v1, also of those that the document leaves out."""
    return frozenset(
        (method, route.path)
        for route in _flat(app.router.routes)
        if isinstance(route, Route) and route.path.startswith("/v1/")
        for method in route.methods or ()
        if method != "HEAD"
    )


def _flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from _flat(included.routes)


def a_path(template: str) -> str:
    """A path of the template; where it takes an id, that is none."""
    for name in ("code", "name"):
        template = template.replace(f"{{{name}}}", "A-1")
    return template.replace("_id}", "").replace("{", "")

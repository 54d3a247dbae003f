"""Bearer tokens and scopes of a route: `actor: Annotated[Actor, Security(authorize, scopes=["targets:write"])]`.

Where several scopes are named, any one of them is enough; the document lists them as alternatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from services.context import Actor
from services.errors import Unauthenticated
from services.runtime import AnyRuntime

BEARER = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="JWT access token (RFC 9068), checked as RFC8725 says; `drive token` prints one",
    auto_error=False,
)


async def authorize(
    request: Request, scopes: SecurityScopes, _: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Actor:
    """The client that asks, if its token grants any of the scopes. Raises Unauthenticated or Forbidden."""
    return authorized(request, *scopes.scopes)


def authorized(request: Request, *scopes: str) -> Actor:
    """As `authorize`, for routes that resolve no dependencies."""
    runtime: AnyRuntime = request.app.state.runtime
    actor = runtime.tokens.verify(_token_of(request), runtime.clock.now())
    actor.require(*scopes)
    request.state.actor = actor
    return actor


def alternatives(scopes: Sequence[str]) -> list[dict[str, list[str]]]:
    """The `security` of an operation for which any one of the scopes is enough."""
    return [{BEARER.scheme_name: [scope]} for scope in scopes] or [{BEARER.scheme_name: []}]


def _token_of(request: Request) -> str:
    if len(request.headers.getlist("authorization")) > 1:
        raise Unauthenticated("send the header Authorization once")
    scheme, _, token = request.headers.get("authorization", "").replace("\t", " ").partition(" ")
    if scheme.lower() != "bearer" or not (token := token.strip(" ")):
        raise Unauthenticated.without_token()
    return token

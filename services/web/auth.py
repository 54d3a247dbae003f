"""Bearer tokens and scopes of a route: `actor: Annotated[Actor, Security(authorize, scopes=["targets:write"])]`."""

from __future__ import annotations

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
    """The client that asks, if its token grants the scopes. Raises Unauthenticated or Forbidden."""
    return authorized(request, *scopes.scopes)


def authorized(request: Request, *scopes: str) -> Actor:
    """As `authorize`, for routes that resolve no dependencies."""
    runtime: AnyRuntime = request.app.state.runtime
    actor = runtime.tokens.verify(_token_of(request), runtime.clock.now())
    for scope in scopes:
        actor.require(scope)
    request.state.actor = actor
    return actor


def _token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send the header Authorization: Bearer …")
    return token

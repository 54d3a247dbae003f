"""Bearer tokens and scopes on a route: `principal: Annotated[Principal, requires("progress:read")]`."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request

from services.errors import Unauthenticated
from services.runtime import Runtime
from services.security.tokens import Principal


def requires(scope: str) -> Any:
    """A dependency: the one who asks, as `authorize` tells."""

    async def principal(request: Request) -> Principal:
        return authorize(request, scope)

    return Depends(principal)


def authorize(request: Request, scope: str) -> Principal:
    """The one who asks, if their token grants the scope. Raises Unauthenticated or Forbidden."""
    runtime: Runtime = request.app.state.runtime
    principal = runtime.tokens.verify(_token_of(request), runtime.clock.now())
    principal.require(scope)
    return principal


def _token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send the header Authorization: Bearer …")
    return token

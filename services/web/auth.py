"""Bearer tokens and scopes on a route: `principal: Annotated[Principal, requires("progress:read")]`."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from services.kernel import Unauthenticated
from services.runtime import Runtime
from services.security import Principal

_bearer = HTTPBearer(auto_error=False, description="JWT access token (RFC 9068)")


def requires(scope: str) -> Any:
    """The one who asks, if their token grants the scope. Raises Unauthenticated or Forbidden."""

    async def principal(request: Request) -> Principal:
        runtime: Runtime = request.app.state.runtime
        found = runtime.tokens.verify(_token_of(request), runtime.clock.now())
        found.require(scope)
        return found

    return Depends(principal)


def _token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send the header Authorization: Bearer …")
    return token


def documented() -> Any:
    """Tells OpenAPI that bearer tokens are used; the check itself is `requires`."""
    return Depends(_bearer)

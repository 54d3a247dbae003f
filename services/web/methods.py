"""The methods that a path takes, whichever of its routes each belongs to."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.routing import Match

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def allowed(request: Request) -> str:
    """The value of the header Allow (RFC 9110, section 10.2.1)."""
    return ", ".join(method for method in _METHODS if _is_taken(request, "GET" if method == "HEAD" else method))


def _is_taken(request: Request, method: str) -> bool:
    scope = {name: request.scope[name] for name in ("type", "path", "root_path") if name in request.scope}
    return any(route.matches({**scope, "method": method})[0] is Match.FULL for route in request.app.router.routes)

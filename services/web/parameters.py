"""Query parameters that a route does not declare are refused, and so are those that are given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from typing import Final

from fastapi import Request
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from services.errors import FieldError, Invalid
from services.web.field_errors import pointer_to, refusal
from services.web.remedies import REMEDIES

MOST_PARAMETERS: Final = 100


def refuse_too_many_parameters(request: Request) -> None:
    """Raises Invalid before any of them is taken apart, which costs much more than to send them."""
    if request.scope["query_string"].count(b"&") >= MOST_PARAMETERS:
        raise Invalid.field("/query", f"a query has at most {MOST_PARAMETERS} parameters")


def refuse_unknown_parameters(request: Request) -> None:
    """Raises Invalid, naming each of them. The route is one of `StrictRoute`."""
    refuse_too_many_parameters(request)
    if request.query_params:
        refuse_parameters_but(request.scope["route"].query_parameters, request)


def refuse_parameters_but(allowed: Set[str], request: Request) -> None:
    """Raises Invalid where the query has other parameters, or one of these twice."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    wrong = [name for name, count in counts.items() if name not in allowed or count > 1]
    if wrong:
        raise refusal(Invalid, wrong, lambda name: _refused(name, is_known=name in allowed))


def _refused(name: str, *, is_known: bool) -> FieldError:
    remedy = "give this once" if is_known else REMEDIES["extra_forbidden"]
    return FieldError(pointer_to(["query", name]), remedy)


def declared_by(route: BaseRoute) -> frozenset[str]:
    """The names that the document gives for the route. A document of it alone is made for that: to make that of the
    whole service takes up to a second, for which all requests would wait."""
    paths = get_openapi(title="", version="", routes=[route])["paths"]
    operations = (operation for of_path in paths.values() for operation in of_path.values())
    return frozenset(p["name"] for each in operations for p in each.get("parameters", ()) if p["in"] == "query")

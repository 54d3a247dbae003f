"""Query parameters that a route does not declare are refused, and so are those that are given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set

from fastapi import Request

from services.errors import FieldError, Invalid
from services.web.problems import summary
from services.web.remedies import REMEDIES


def refuse_unknown_parameters(request: Request) -> None:
    """Raises Invalid, naming each of them."""
    if request.query_params:
        refuse_parameters_but(_declared(request), request)


def refuse_parameters_but(allowed: Set[str], request: Request) -> None:
    """Raises Invalid where the query has other parameters, or one of these twice."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    errors = tuple(
        FieldError(f"/query/{name}", REMEDIES["extra_forbidden"] if name not in allowed else "give this once")
        for name, count in counts.items()
        if name not in allowed or count > 1
    )
    if errors:
        raise Invalid(summary(errors), errors)


def _declared(request: Request) -> frozenset[str]:
    """The names that the document gives for this route."""
    operation = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    return frozenset(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query")

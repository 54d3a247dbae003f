"""What stays of a request: a line in the log and the metrics, by its route; nothing that it said is in either.

Fields: `request_id`, `method`, `route` (the template), `status`, `ms`, `organisation` (that of the verified token), and
`problem`, the code of the error that was answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, MutableMapping
from typing import Any, Final

import structlog
from starlette.requests import Request

from services.errors import DomainError
from services.observability import Metrics
from services.web.problems import code_of_status

log = structlog.get_logger(__name__)

CLIENT_CLOSED: Final = 499
"""The status, in logs and metrics, of a request whose client did not wait for the answer. Nothing was refused."""
_QUIET: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Routes that machines ask for every few seconds: at DEBUG."""


def note_refused_items(request: Request, refusals: Iterable[DomainError]) -> None:
    """Count each refusal of an item, since the answer as a whole is a success."""
    metrics: Metrics = request.app.state.runtime.metrics
    for code, number in Counter(refusal.code for refusal in refusals).items():
        metrics.refusals.labels(request.method, route_of(request.scope), code).inc(number)


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The template of the route that answers, which holds no ids; `none` where there is none."""
    return getattr(scope.get("route"), "path", "none")


def note(scope: MutableMapping[str, Any], method: str, status: int, seconds: float, metrics: Metrics) -> None:
    """The request is over; `status` is 0 where nothing was answered."""
    route = route_of(scope)
    state = scope["state"]
    line: dict[str, Any] = {"request_id": state["request_id"], "method": method, "route": route, "status": status}
    line["ms"] = round(seconds * 1000, 1)
    if actor := state.get("actor"):
        line["organisation"] = actor.organisation_code
    if status >= 400 and status != CLIENT_CLOSED:
        line["problem"] = code = state.get("problem") or code_of_status(status)
        metrics.refusals.labels(method, route, code).inc()
    if not state.get("is_stream"):  # which lasts as long as its client listens
        metrics.requests.labels(method, route, status).observe(seconds)
    if route in _QUIET:
        log.debug("request", **line)
    elif status >= 500:
        log.warning("request", **line)
    else:
        log.info("request", **line)

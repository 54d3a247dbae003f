"""Liveness, readiness and metrics, the same for every process."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal, NamedTuple

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from services.errors import DomainError
from services.runtime import AnyRuntime, Check
from services.shown import ShownText, shown
from services.web.openapi import operation_id

log = structlog.get_logger(__name__)


class Liveness(BaseModel):
    """The process runs."""

    status: Literal["live"] = Field("live", description="It runs", examples=["live"])


class Readiness(BaseModel):
    """What the process needs, by name: `ok`, or what is wrong with it."""

    status: Literal["ready", "not ready"] = Field(description="Whether it can do its work", examples=["ready"])
    checks: dict[str, ShownText] = shown("Each thing that it needs: `ok`, or what is wrong", {"database": "ok"})
    notes: dict[str, ShownText] = Field(
        description="What an operator should know although it is ready; left out where there is nothing",
        examples=[{"database": "the database is at targets_0009, which is newer than targets_0008 of this version"}],
        exclude_if=lambda notes: not notes,
    )


_METRICS: Final[dict[str, Any]] = {
    "content": {
        "text/plain": {
            "schema": {"maxLength": 10_000_000},
            "example": 'drive_http_request_seconds_count{method="GET",route="/health/live",status="200"} 1.0',
        }
    }
}
health_router = APIRouter(tags=["health"], generate_unique_id_function=operation_id)
"""Routes that need no token."""


@health_router.get("/health/live")
async def check_live() -> Liveness:
    """The process runs."""
    return Liveness()


@health_router.get("/health/ready", responses={503: {"model": Readiness}})
async def check_ready(request: Request, response: Response) -> Readiness:
    """The process can do its work: 200, else 503 with what is missing."""
    runtime: AnyRuntime = request.app.state.runtime
    outcomes = await outcomes_of(runtime)
    is_ready = all(outcome.result == "ok" for outcome in outcomes.values())
    response.status_code = 200 if is_ready else 503
    return Readiness(
        status="ready" if is_ready else "not ready",
        checks={name: outcome.result for name, outcome in outcomes.items()},
        notes={name: outcome.note for name, outcome in outcomes.items() if outcome.note},
    )


@health_router.get("/metrics", response_class=PlainTextResponse, responses={200: _METRICS})
async def read_metrics(request: Request) -> Response:
    """Prometheus metrics of this process."""
    runtime: AnyRuntime = request.app.state.runtime
    return Response(generate_latest(runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)


class Outcome(NamedTuple):
    """`ok` or what is wrong, and what should be known all the same."""

    result: str
    note: str | None = None


async def outcomes_of(runtime: AnyRuntime) -> dict[str, Outcome]:
    """What each check of the process says now, by name."""
    checks = dict(runtime.checks)
    return dict(zip(checks, await asyncio.gather(*map(_outcome, checks.values())), strict=True))


async def _outcome(check: Check) -> Outcome:
    try:
        return Outcome("ok", await check())
    except DomainError as error:
        return Outcome(error.detail)
    except OSError as error:
        return Outcome(repr(error))
    except Exception as error:
        log.exception("check_failed")
        return Outcome(type(error).__name__)  # its message may hold confidential data

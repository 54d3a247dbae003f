"""Liveness, readiness and metrics, the same for every process."""

from __future__ import annotations

import asyncio
from typing import Literal

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from services.errors import DomainError
from services.runtime import Check, Runtime

log = structlog.get_logger(__name__)


class Readiness(BaseModel):
    """What the process needs, by name: `ok`, or what is wrong with it."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


def health_routes(runtime: Runtime) -> APIRouter:
    """Routes that need no token."""
    router = APIRouter(tags=["health"])

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """The process runs."""
        return {"status": "live"}

    @router.get("/health/ready", responses={200: {"model": Readiness}, 503: {"model": Readiness}})
    async def ready() -> JSONResponse:
        """The process can do its work: 200, else 503 with what is missing."""
        checks = dict(runtime.checks)
        results = dict(zip(checks, await asyncio.gather(*map(_outcome, checks.values())), strict=True))
        is_ready = all(result == "ok" for result in results.values())
        body = Readiness(status="ready" if is_ready else "not ready", checks=results)
        return JSONResponse(body.model_dump(), 200 if is_ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def prometheus() -> Response:
        """Prometheus metrics of this process."""
        return Response(generate_latest(runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _outcome(check: Check) -> str:
    try:
        await check()
    except DomainError as error:
        return error.detail
    except (OSError, TimeoutError) as error:
        return repr(error)
    except Exception as error:
        log.exception("check_failed")
        return type(error).__name__  # its words may hold what is not for everybody
    return "ok"

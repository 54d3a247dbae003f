"""Transactions of a route, opened in its body: FastAPI leaves yield dependencies only after the answer is sent, and an
answer that says 201 must not precede its COMMIT."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import Request

from services.context import Context, context_of
from services.persistence.unit_of_work import ReadSession, UnitOfWork
from services.runtime import AnyRuntime


def request_context(request: Request) -> Context:
    """The context of the request and of the actor that was authorized for it."""
    runtime: AnyRuntime = request.app.state.runtime
    return context_of(runtime.clock, request.state.request_id, getattr(request.state, "actor", None))


@asynccontextmanager
async def act(request: Request) -> AsyncIterator[tuple[UnitOfWork, Context]]:
    """A unit of work and its context; it is committed when the block is left. Raises Unavailable."""
    runtime: AnyRuntime = request.app.state.runtime
    async with runtime.database.write() as work:
        yield work, request_context(request)


def read(request: Request) -> AbstractAsyncContextManager[ReadSession]:
    """A READ ONLY transaction. Raises Unavailable."""
    runtime: AnyRuntime = request.app.state.runtime
    return runtime.database.read()

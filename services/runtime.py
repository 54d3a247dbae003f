"""What a process of a service is given: its settings, its time, its database, its keys and its metrics."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from sqlalchemy.engine import URL

from services.clock import Clock
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.schema import Schema
from services.process_metrics import watched_loop
from services.security.keys import load_secret_keys
from services.security.tokens import Tokens
from services.settings import ServiceSettings

S_co = TypeVar("S_co", bound=ServiceSettings, covariant=True)

Check: TypeAlias = Callable[[], Awaitable[str | None]]
"""Returns where the process can work, with what an operator should know all the same; raises where it cannot."""


@dataclass(frozen=True)
class Runtime(Generic[S_co]):
    """Made by whatever starts the process, passed to `create_app` and `create_worker`.

    `checks` are what this process needs to be ready, by name; whatever is started in it adds its own.
    """

    settings: S_co
    clock: Clock
    database: Database
    tokens: Tokens
    metrics: Metrics
    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.settings.service

    def __post_init__(self) -> None:
        self.checks["database"] = self.database.check
        self.metrics.watch(self.database.outage)


AnyRuntime: TypeAlias = Runtime[ServiceSettings]


@asynccontextmanager
async def open_runtime(
    settings: ServiceSettings, schema: Schema, clock: Clock, database_url: URL
) -> AsyncIterator[AnyRuntime]:
    """A runtime whose database is closed when the block is left."""
    name = f"drive {settings.service} {os.getpid()}@{socket.gethostname()}"
    database = Database(database_url, schema, application_name=name, setting=settings.database_setting())
    metrics = Metrics()
    try:
        with watched_loop(metrics.loop_lag):
            yield Runtime(settings, clock, database, Tokens(load_secret_keys(settings)), metrics)
    finally:
        await database.close()

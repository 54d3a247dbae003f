"""The databases of enrolment and of targets, opened for who reads all there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.one_service import broker_of
from drive.hosting.services import ServiceName, schema_of
from services.persistence.database import Database

LONGEST_STATEMENT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days of signing, both included."""

    since: date = date.min
    until: date = date.max


@dataclass(frozen=True, slots=True)
class Sides:
    """`targets` is for reads of all there is, `writer` for short units of work on the same database. `queued` tells how
    many messages the broker holds for targets; those that `drive up` holds it does not know."""

    enrolment: Database
    targets: Database
    writer: Database
    queued: Callable[[], Awaitable[int]]


@asynccontextmanager
async def open_sides(configuration: Configuration, urls: Mapping[ServiceName, URL]) -> AsyncIterator[Sides]:
    """Raises NotMigrated where one of them is not that of this version, Unavailable where it is away."""
    async with AsyncExitStack() as stack:

        async def opened(service: ServiceName, patience: timedelta | None) -> Database:
            database = Database(
                urls[service],
                schema_of(service),
                pool_size=2,
                application_name="drive reconcile",
                setting=configuration.database_setting(service),
                patience=patience,
            )
            stack.push_async_callback(database.close)
            await database.check()
            return database

        async def queued() -> int:
            async with broker_of(configuration.common) as broker:
                return (await broker.count("targets")).waiting

        yield Sides(
            await opened("enrolment", LONGEST_STATEMENT),
            await opened("targets", LONGEST_STATEMENT),
            await opened("targets", None),
            queued,
        )

"""The dead letters of all services, and of RabbitMQ's queue `drive.dead`: what `drive dead-letters` works on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.one_service import broker_of
from drive.hosting.services import ServiceName
from services.clock import SystemClock
from services.contracts.subscriptions import SUBSCRIPTIONS
from services.messaging import dead_letter_admin as admin
from services.messaging import dead_letters
from services.messaging.broker import Broker, EventMessage
from services.messaging.dead_letter_admin import Choice, DeadLetter
from services.persistence.database import Database

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def age_of(value: str) -> timedelta:
    """Such as 90s, 15m, 2h or 3d. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,5})([smhd])", value.strip(), re.ASCII)
    if not found:
        raise ValueError("--older-than: give a number and a unit, such as 90s, 15m, 2h or 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter, and the service that could not handle it."""

    service: ServiceName
    dead_letter: DeadLetter


class DeadLetters:
    """The dead letters of all services that listen to events."""

    def __init__(self, databases: Mapping[ServiceName, Database]) -> None:
        self._databases = databases
        self._clock = SystemClock()

    async def collect(self, broker: Broker) -> None:
        """Store RabbitMQ's dead messages that no worker has collected yet."""
        for service, database in self._databases.items():
            await broker.take_dead(service, partial(self._keep, database))

    async def _keep(self, database: Database, message: EventMessage, reason: str) -> None:
        async with database.write() as work:
            await dead_letters.keep_dead_message(work, message, reason, self._clock.now())

    async def find(self, choice: Choice, *, everything: bool = False) -> list[Found]:
        """Those that are meant, service by service, oldest first."""
        found = []
        for service, database in self._databases.items():
            async with database.read() as session:
                matching = await admin.find(session, choice, everything=everything)
            found += [Found(service, dead_letter) for dead_letter in matching]
        return found

    async def replay(self, choice: Choice) -> dict[ServiceName, int]:
        """Let the workers try them again; how many, by service."""
        counts: dict[ServiceName, int] = {}
        for service, database in self._databases.items():
            async with database.write() as work:
                counts[service] = await admin.replay(work, choice, self._clock.now())
        return counts

    async def drop(self, dead_letter_id: UUID, reason: str) -> ServiceName | None:
        """Drop the dead letter; returns its service, None where no service has it, or it was dropped before."""
        for service, database in self._databases.items():
            async with database.write() as work:
                if await admin.drop(work, dead_letter_id, reason, self._clock.now()):
                    return service
        return None

    def choice(
        self, dead_letter_id: UUID | None = None, *, event_type: str | None = None, older_than: str | None = None
    ) -> Choice:
        """The condition of the arguments. Raises ValueError where `older_than` is no age."""
        before = self._clock.now() - age_of(older_than) if older_than else None
        return Choice(dead_letter_id, event_type, before)


@asynccontextmanager
async def open_dead_letters(
    configuration: Configuration, urls: Mapping[ServiceName, URL]
) -> AsyncIterator[DeadLetters]:
    """The dead letters, RabbitMQ's dead messages included. Raises Unavailable."""
    async with AsyncExitStack() as stack:
        databases: dict[ServiceName, Database] = {}
        for service, url in urls.items():
            if service in SUBSCRIPTIONS:
                databases[service] = Database(
                    url, application_name="drive dead-letters", setting=configuration.database_setting(service)
                )
                stack.push_async_callback(databases[service].close)
        opened = DeadLetters(databases)
        async with broker_of(configuration.common) as broker:
            await opened.collect(broker)
        yield opened

"""A small handler with effects that can be counted, and the table it leaves them in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import text

from services.context import Context
from services.contracts.enrolment import EnrolmentCorrected, EnrolmentRecorded
from services.contracts.envelope import Event
from services.contracts.registry import UnitRegistered
from services.messaging.broker import Broker
from services.messaging.consumer import Consumer, Handlers
from services.messaging.retries import Retries
from services.observability import Metrics
from services.persistence.database import Database
from services.persistence.unit_of_work import UnitOfWork
from tests.support.clock import SettableClock

_NOTE = text(
    "INSERT INTO effects (event_id, subject, unit_of_work) SELECT id, subject, txid_current()"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[])) AS t (id, subject)"
)


async def create_effects(database: Database) -> None:
    """A row for each time an event took effect: a second one for the same event is a doubled effect."""
    async with database.write() as work:
        await work.execute(
            text(
                "CREATE TABLE effects (seq bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL,"
                " subject text NOT NULL, unit_of_work bigint NOT NULL)"
            )
        )


class BadEvent(ValueError):
    """Raised by a handler because of an event's data."""


class Unclear(Exception):
    """Raised by a handler without a clear cause."""


class Effects:
    """Handlers that leave a row per event, fail on subjects in `poison` and `unclear`, are cut off by the database on
    those in `endless`, never return on those in `fatal`, and wait at `gate` while it is shut."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.poison: set[str] = set()
        self.unclear: set[str] = set()
        self.endless: set[str] = set()
        self.fatal: set[str] = set()
        self.died = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.runs: list[list[str]] = []

    def handlers(self) -> Handlers:
        """For sign-ups and their corrections together, then for units."""

        async def apply_units(work: UnitOfWork, context: Context, events: Sequence[UnitRegistered]) -> None:
            await self.apply(work, context, events)

        return {EnrolmentRecorded: self.apply, UnitRegistered: apply_units, EnrolmentCorrected: self.apply}

    async def apply(self, work: UnitOfWork, _: Context, events: Sequence[Event]) -> None:
        """Insert a row per event, then fail where one is in `poison`."""
        subjects = [event.subject for event in events]
        self.runs.append(subjects)
        self.entered.set()
        await self.gate.wait()
        if self.fatal.intersection(subjects):
            self.died.set()
            await asyncio.Event().wait()
        await work.execute(_NOTE, {"ids": [event.id for event in events], "subjects": subjects})
        if self.endless.intersection(subjects):
            await work.execute(text("SET LOCAL statement_timeout = 10"))
            await work.execute(text("SELECT pg_sleep(60)"))
        if self.unclear.intersection(subjects):
            raise Unclear(subjects)
        if found := self.poison.intersection(subjects):
            raise BadEvent(f"cannot handle {', '.join(sorted(found))}\0")

    async def subjects(self) -> list[str]:
        """What took effect, in that order."""
        async with self._database.read() as session:
            return list(await session.scalars(text("SELECT subject FROM effects ORDER BY seq")))

    async def units_of_work(self) -> int:
        """In how many transactions."""
        async with self._database.read() as session:
            return int((await session.scalars(text("SELECT count(DISTINCT unit_of_work) FROM effects"))).one())

    def consumer(self, queue: str, broker: Broker, clock: SettableClock, handlers: Handlers | None = None) -> Consumer:
        """A consumer with these handlers, or those given."""
        chosen = handlers or self.handlers()
        return Consumer(queue, chosen, database=self._database, broker=broker, clock=clock, metrics=Metrics())

    def retries(self, queue: str, broker: Broker, clock: SettableClock) -> Retries:
        """The retry loop of such a consumer."""
        return Retries(self.consumer(queue, broker, clock), database=self._database, broker=broker, clock=clock)

"""Workers that are held up in the middle of a unit of work that publishes, so that they can be killed right there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from drive.client.client import until
from drive.hosting.services import ServiceName
from tests.faults.faults import administrator
from tests.support.installation import Installation

_TOLD: Final = """
    CREATE TABLE told (id text, type text, subject text);
    CREATE FUNCTION tell() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO told VALUES (NEW.body::jsonb ->> 'id', NEW.type, NEW.body::jsonb ->> 'subject'); RETURN NULL;
    END $$;
    CREATE TRIGGER tell AFTER INSERT ON outbox FOR EACH ROW WHEN ({types}) EXECUTE FUNCTION tell();
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL;
    END $$;
"""
_HOLD: Final = """
    CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON outbox {when} FOR EACH ROW WHEN ({types}) EXECUTE FUNCTION hold()
"""
HELD_UP: Final = {"in a unit of work": "", "at its commit": "DEFERRABLE INITIALLY DEFERRED"}
_BLOCKED: Final = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND NOT granted"


@dataclass(frozen=True, slots=True)
class Gate:
    """While it is closed, units of work of the service that publish are held up."""

    installation: Installation
    service: ServiceName
    lock: Any

    async def until_held_up(self) -> None:
        """Wait for a worker before it."""
        await until(
            "a worker that is held up", lambda: self.installation.rows(self.service, _BLOCKED), bool, seconds=60
        )

    async def let_some_through(self, left: Callable[[], Awaitable[int]]) -> None:
        """Let a unit of work or more be committed, and hold the worker up in the next one."""
        before = await left()
        while await left() == before:
            await self.lock.execute("SELECT pg_advisory_unlock(1)")
            await self.lock.execute("SELECT pg_advisory_lock(1)")
            await self.until_held_up()


async def keep_what_is_told(installation: Installation, service: ServiceName, types: str) -> None:
    """Keep every event that was committed, for which this condition of SQL on NEW holds, in the table `told`."""
    async with administrator(installation, service) as connection:
        await connection.execute(_TOLD.format(types=types))


@asynccontextmanager
async def closed_gate(installation: Installation, service: ServiceName, types: str, where: str) -> AsyncIterator[Gate]:
    """Held up `where`, a key of HELD_UP, until the block ends."""
    async with administrator(installation, service) as lock:
        await lock.execute(_HOLD.format(when=HELD_UP[where], types=types))
        await lock.execute("SELECT pg_advisory_lock(1)")
        yield Gate(installation, service, lock)

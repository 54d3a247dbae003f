"""A COMMIT that waits until the test lets it go, and what the HTTP server was given to send meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import text

from services.persistence.database import Database
from tests.support.waiting import eventually, soon

_KEY = 20251025
_WAIT_AT_COMMIT = (
    f"CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN PERFORM pg_advisory_xact_lock({_KEY}); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT OR UPDATE ON {table}"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_at_commit()",
)
_WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = :key"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True)
class Write:
    """A request that writes to `table`, and the status of its answer."""

    table: str
    method: str
    path: str
    body: Any
    status: int


async def assert_answered_after_commit(app: FastAPI, database: Database, token: str, write: Write) -> None:
    """Nothing is sent while the COMMIT waits; the answer comes once it is done."""
    sent: list[MutableMapping[str, Any]] = []
    async with _commits_wait(database, write.table) as waiting:
        request = asyncio.create_task(_request(app, token, write, sent))
        await eventually(waiting, 1)
        assert sent == []
        assert not request.done()
    await soon(request)
    assert sent[0]["status"] == write.status, sent


@asynccontextmanager
async def _commits_wait(database: Database, table: str) -> AsyncIterator[Any]:
    async with database.write() as work:
        for statement in _WAIT_AT_COMMIT:
            await work.execute(text(statement.format(table=table) if "{table}" in statement else statement))
    async with database.engine.connect() as holder:
        await holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _KEY})

        async def waiting() -> int:
            return int((await holder.execute(_WAITING, {"key": _KEY})).scalar_one())

        yield waiting
        await holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})


async def _request(app: FastAPI, token: str, write: Write, sent: list[MutableMapping[str, Any]]) -> None:
    body = json.dumps(write.body).encode()
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    never = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if messages:
            return messages.pop()
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "idempotency-key": "key-1"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": write.method,
        "scheme": "http",
        "path": write.path,
        "raw_path": write.path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
    }
    await app(scope, receive, send)

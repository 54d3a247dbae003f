"""The faults of an installation: how each begins, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import aio_pika
import asyncpg

from drive.hosting.processes import Verb
from drive.hosting.services import ServiceName
from tests.support.installation import Installation

Fault: TypeAlias = Callable[[Installation, ServiceName], AbstractAsyncContextManager[None]]
"""Injects a fault into one service while the block runs."""

WRITTEN: dict[ServiceName, str] = {"enrolment": "enrolments", "targets": "ledger", "notifications": "alerts"}
"""The table that each service writes requests or events into."""
_APPLICATION = "the test"


@asynccontextmanager
async def administrator(installation: Installation, service: ServiceName | None) -> AsyncIterator[Any]:
    """A superuser's connection to the service's database, or to `postgres`."""
    url = installation.postgres.set(drivername="postgresql", database=f"drive_{service}" if service else "postgres")
    settings = {"application_name": _APPLICATION, "default_transaction_read_only": "off"}
    connection = await asyncpg.connect(url.render_as_string(hide_password=False), server_settings=settings)
    try:
        yield connection
    finally:
        await connection.close()


async def _run(installation: Installation, service: ServiceName | None, *statements: str) -> None:
    async with administrator(installation, service) as connection:
        for statement in statements:
            await connection.execute(statement)


def _kick(service: ServiceName) -> str:
    """End every session of the service's processes, so that they have to connect anew."""
    return f"""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = 'drive_{service}' AND application_name <> '{_APPLICATION}'
    """  # noqa: S608 - constants only


def by_statements(begin: str, end: str, *, inside: bool = True, kick: bool = True) -> Fault:
    """A fault made by SQL; `{database}` and `{table}` are the service's. `inside`: run in its own database."""

    @asynccontextmanager
    async def fault(installation: Installation, service: ServiceName) -> AsyncIterator[None]:
        names = {"database": f"drive_{service}", "table": WRITTEN[service], "role": installation.role}
        where = service if inside else None
        await _run(installation, where, begin.format(**names))
        if kick:
            await _run(installation, None, _kick(service))
        try:
            yield
        finally:
            await _run(installation, where, end.format(**names))

    return fault


def by_sqlstate(state: str) -> Fault:
    """Every insert into the service's main table fails with this SQLSTATE."""
    return by_statements(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '{state}'; END $$;"
        " CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()",
        "DROP FUNCTION refuse() CASCADE",
        kick=False,
    )


DATABASE_FAULTS: dict[str, Fault] = {
    "connections not allowed": by_statements(
        "ALTER DATABASE {database} ALLOW_CONNECTIONS false",
        "ALTER DATABASE {database} ALLOW_CONNECTIONS true",
        inside=False,
    ),
    "too many connections": by_statements(
        "ALTER DATABASE {database} CONNECTION LIMIT 0", "ALTER DATABASE {database} CONNECTION LIMIT -1", inside=False
    ),
    "role may not log in": by_statements("ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN", inside=False),
    "role without grants": by_statements(
        "REVOKE INSERT, UPDATE ON {table} FROM {role}", "GRANT INSERT, UPDATE ON {table} TO {role}", kick=False
    ),
    "read-only": by_statements(
        "ALTER DATABASE {database} SET default_transaction_read_only = on",
        "ALTER DATABASE {database} RESET default_transaction_read_only",
        inside=False,
    ),
    "renamed table": by_statements(
        "ALTER TABLE {table} RENAME TO renamed", "ALTER TABLE renamed RENAME TO {table}", kick=False
    ),
    "renamed column": by_statements(
        "ALTER TABLE {table} RENAME scheme TO renamed",
        "ALTER TABLE {table} RENAME renamed TO scheme",
        kick=False,
    ),
    "disk full": by_sqlstate("53100"),
    "out of memory": by_sqlstate("53200"),
    "temporary file limit": by_sqlstate("53400"),
    "input or output error": by_sqlstate("58030"),
    "internal error": by_sqlstate("XX000"),
    "object in use": by_sqlstate("55006"),
}


@asynccontextmanager
async def _table_locked(installation: Installation, service: ServiceName) -> AsyncIterator[None]:
    async with administrator(installation, service) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {WRITTEN[service]} IN ACCESS EXCLUSIVE MODE")
        yield


def frozen(verb: Verb) -> Fault:
    """The service's process is stopped where it stands, and goes on afterwards."""

    @asynccontextmanager
    async def fault(installation: Installation, service: ServiceName) -> AsyncIterator[None]:
        process = installation.processes[verb, service]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    return fault


def killed(verb: Verb) -> Fault:
    """The service's process dies, and is started again afterwards."""

    @asynccontextmanager
    async def fault(installation: Installation, service: ServiceName) -> AsyncIterator[None]:
        await installation.kill(verb, service)
        yield
        await installation.start(verb, service)

    return fault


DATABASE_FAULTS["table locked"] = _table_locked

PROCESS_FAULTS: dict[str, Fault] = {
    "worker frozen": frozen("worker"),
    "worker killed": killed("worker"),
}


def on_channel(
    begin: Callable[[Any, str], Awaitable[object]], end: Callable[[Any, str], Awaitable[object]] | None = None
) -> Fault:
    """A fault that an AMQP client can bring about, given a channel and the name of the service's queue."""

    @asynccontextmanager
    async def fault(installation: Installation, service: ServiceName) -> AsyncIterator[None]:
        async with await aio_pika.connect(installation.environment["AMQP_URL"]) as connection:
            channel = await connection.channel()
            await begin(channel, f"drive.{service}")
            yield
            if end:
                await end(channel, f"drive.{service}")

    return fault


async def _delete_exchange(channel: Any, _: str) -> None:
    await channel.exchange_delete("drive.events")


def by_rabbitmqctl(begin: Callable[[str, str], list[str]], end: Callable[[str, str], list[str]]) -> Fault:
    """A fault that only the operator of the broker can bring about; the functions take vhost and user."""

    @asynccontextmanager
    async def fault(installation: Installation, service: ServiceName) -> AsyncIterator[None]:
        url = urlsplit(installation.environment["AMQP_URL"])
        names = unquote(url.path[1:]) or "/", url.username or "guest"
        await asyncio.to_thread(installation.rabbitmqctl, *begin(*names))
        try:
            yield
        finally:
            await asyncio.to_thread(installation.rabbitmqctl, *end(*names))

    return fault


BROKER_FAULTS: dict[str, Fault] = {
    "exchange deleted": on_channel(_delete_exchange),
    "permissions revoked": by_rabbitmqctl(
        lambda vhost, user: ["clear_permissions", "-p", vhost, user],
        lambda vhost, user: ["set_permissions", "-p", vhost, user, ".*", ".*", ".*"],
    ),
    "memory alarm": by_rabbitmqctl(
        lambda *_: ["set_vm_memory_high_watermark", "0"],
        lambda *_: ["set_vm_memory_high_watermark", "0.4"],
    ),
}

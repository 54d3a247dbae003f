"""Make a service's database, and bring it to the newest revision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias
from weakref import WeakKeyDictionary

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from migrations.errors import Away, in_one_line, unknown
from migrations.locking import PATIENCE, run_in_tries
from services.persistence.connecting import driver_error, postgresql_at, sqlstate

log = structlog.get_logger(__name__)

LoadKeys: TypeAlias = Callable[[], Sequence[bytes]]

_HERE = Path(__file__).parent
_ONE_AT_A_TIME = 0x6D696772  # "migr"
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_CONNECT = {"timeout": 5}
_PAUSE_SECONDS = 0.5
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def upgrade(
    service: str,
    url: URL,
    revision: str = "head",
    *,
    setting: str = "DATABASE_URL",
    load_secret_keys: LoadKeys | None = None,
    lock_patience: timedelta = PATIENCE,
) -> None:
    """Create the database where it is missing, then run its migrations up to `revision`; several callers take turns.

    `load_secret_keys` gives the keys with which rows that are in clear are sealed; it is called where there are any.
    Raises NotRun, which names the server and the `setting` that holds its URL; or who holds a lock on what is to be
    changed, once that was tried for `lock_patience`.
    """
    run = partial(_upgrade, service=service, revision=revision, setting=setting, load_secret_keys=load_secret_keys)
    with in_one_line(postgresql_at(url, setting)):
        await _create_where_missing(url)
        engine = create_async_engine(url, connect_args=_CONNECT)
        try:
            async with engine.connect() as connection:
                await _lock(connection)
                await run_in_tries(engine, connection, run, _turn, lock_patience)
        finally:
            await engine.dispose()


async def _lock(connection: AsyncConnection) -> None:
    """Be the only one who migrates this database, until the connection ends.

    It asks again and again, each time in a transaction of its own: a statement that waits holds a snapshot, for whose
    end CREATE INDEX CONCURRENTLY of the one who migrates would wait, each for the other.
    """
    while not await connection.scalar(_TRY_LOCK, {"key": _ONE_AT_A_TIME}):
        await connection.commit()
        await asyncio.sleep(_PAUSE_SECONDS)
    await connection.commit()


def _turn() -> asyncio.Lock:
    """Held while Alembic works: `alembic.op` and `alembic.context` are of the whole process, and would run what one
    migration says on the connection of another."""
    return _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def upgrade_when_up(
    service: str,
    url: URL,
    patience: timedelta,
    *,
    setting: str = "DATABASE_URL",
    load_secret_keys: LoadKeys | None = None,
) -> None:
    """Upgrade as soon as the server takes connections. Raises NotRun; Away once `patience` is over."""
    deadline = asyncio.get_running_loop().time() + patience.total_seconds()
    told = None
    while True:
        try:
            return await upgrade(service, url, setting=setting, load_secret_keys=load_secret_keys)
        except Away as away:
            if asyncio.get_running_loop().time() > deadline:
                raise
            if told != away.detail:
                log.warning("waiting_for_database", detail=away.detail)
            told = away.detail
        await asyncio.sleep(_PAUSE_SECONDS)


def alembic_config(service: str) -> Config:
    """Alembic's configuration for the service's history; no ini file."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(_HERE / service))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(
    connection: Connection, service: str, revision: str, setting: str, load_secret_keys: LoadKeys | None
) -> None:
    config = alembic_config(service)
    _need_known_revision(connection, ScriptDirectory.from_config(config), setting)
    config.attributes["connection"] = connection
    config.attributes["load_secret_keys"] = load_secret_keys
    command.upgrade(config, revision)


def _need_known_revision(connection: Connection, history: ScriptDirectory, setting: str) -> None:
    known = {script.revision for script in history.walk_revisions()}
    for found in MigrationContext.configure(connection).get_current_heads():
        if found not in known:
            raise unknown(connection.engine.url.database, found, str(history.get_current_head()), setting)
    connection.rollback()


async def drop(url: URL) -> None:
    """Drop the database, whoever is connected to it."""
    engine = _server(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)'))
    finally:
        await engine.dispose()


def _server(url: URL) -> AsyncEngine:
    """A connection to the server beside the database, since neither CREATE nor DROP DATABASE works from inside it."""
    return create_async_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", connect_args=_CONNECT)


async def _create_where_missing(url: URL) -> None:
    engine = create_async_engine(url, connect_args=_CONNECT)
    try:
        async with engine.connect():
            return
    except DBAPIError as error:
        if sqlstate(driver_error(error)) != asyncpg.InvalidCatalogNameError.sqlstate:
            raise
    finally:
        await engine.dispose()
    await _create_database(url)


async def _create_database(url: URL) -> None:
    engine = _server(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{url.database}"'))
    except DBAPIError as error:
        # Two that start together: the other one has just made it.
        if not isinstance(driver_error(error), asyncpg.DuplicateDatabaseError | asyncpg.UniqueViolationError):
            raise
    finally:
        await engine.dispose()

"""Make a service's database, and bring it to the newest revision."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.waiting import poll

_HERE = Path(__file__).parent
_ONE_AT_A_TIME = 0x6D696772  # "migr"


async def upgrade(service: str, url: URL, revision: str = "head") -> None:
    """Create the database where it is missing, then run its migrations up to `revision`; several callers take turns."""
    await _create_database(url)
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME})
            await connection.commit()
            await connection.run_sync(_upgrade, service, revision)
            await connection.commit()
    finally:
        await engine.dispose()


async def upgrade_when_up(service: str, url: URL, patience: timedelta) -> None:
    """Upgrade as soon as the server takes connections. Raises TimeoutError once `patience` is over."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            await poll(lambda: _upgraded(service, url), bool, every=0.5)
    except TimeoutError as error:
        where = url.render_as_string(hide_password=True)
        raise TimeoutError(f"{where} did not take a connection within {patience.total_seconds():.0f} s") from error


async def _upgraded(service: str, url: URL) -> bool:
    try:
        await upgrade(service, url)
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
        return False
    return True


def alembic_config(service: str) -> Config:
    """Alembic's configuration for the service's history; no ini file."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(_HERE / service))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, service: str, revision: str) -> None:
    config = alembic_config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


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
    return create_async_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")


async def _create_database(url: URL) -> None:
    engine = _server(url)
    try:
        async with engine.connect() as connection:
            found = await connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": url.database})
            if not found.first():
                await connection.execute(text(f'CREATE DATABASE "{url.database}"'))
    except Exception as error:
        # Two that start together: the other one has just made it.
        if not isinstance(
            getattr(error, "orig", error).__cause__, asyncpg.DuplicateDatabaseError | asyncpg.UniqueViolationError
        ):
            raise
    finally:
        await engine.dispose()

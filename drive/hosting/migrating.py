"""Migrations of whatever starts the services itself: at once where the servers are there, else when they come up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.engine import URL

from drive.hosting.configuration import Configuration
from drive.hosting.services import SERVICES, ServiceName, schema_of
from migrations.errors import Away, NotRun, UnknownRevision
from migrations.upgrade import upgrade, upgrade_when_up
from services.persistence.database import Database
from services.security.keys import key_file, present_secret_keys
from services.waiting import GrowingPause

log = structlog.get_logger(__name__)


@asynccontextmanager
async def migrated(configuration: Configuration, urls: Mapping[ServiceName, URL]) -> AsyncIterator[None]:
    """Migrate before the block, in it what cannot be reached before. Raises NotRun where a person must act first."""
    away = [service for service in SERVICES if not await _is_migrated(configuration, service, urls[service])]
    tasks = [asyncio.create_task(_migrate_when_up(configuration, service, urls[service])) for service in away]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _is_migrated(configuration: Configuration, service: ServiceName, url: URL) -> bool:
    """Whether the server could be reached."""
    setting = configuration.database_setting(service)
    try:
        await upgrade(service, url, setting=setting, load_secret_keys=partial(keys_to_seal_with, configuration))
    except Away as away:
        log.warning("waiting_for_database", service=service, detail=away.detail)
        return False
    except UnknownRevision:
        await _need_a_newer_one(service, url, setting)
    return True


def keys_to_seal_with(configuration: Configuration) -> list[bytes]:
    """Those of the services, which have run on what is to be sealed. Raises NotRun where there are none: what is sealed
    with new ones they could not read."""
    settings = configuration.common
    try:
        keys = present_secret_keys(settings)
    except OSError as error:
        raise NotRun(f"no keys to seal personal data with: {error}") from error
    if keys is None:
        raise NotRun(
            f"no keys in {key_file(settings)} to seal personal data with: set DRIVE_DATA_DIR to the data dir of the"
            " services, or DRIVE_SECRET_KEYS to their keys"
        )
    return keys


async def _need_a_newer_one(service: ServiceName, url: URL, setting: str) -> None:
    """Raises NotMigrated unless the database of a newer version has all that this one needs."""
    database = Database(url, schema_of(service), setting=setting)
    try:
        await database.check()
    finally:
        await database.close()


async def _migrate_when_up(configuration: Configuration, service: ServiceName, url: URL) -> None:
    pauses = GrowingPause()
    while not await _is_run(configuration, service, url):
        await pauses.take(asyncio.Event())
    log.info("migrated", service=service)


async def _is_run(configuration: Configuration, service: ServiceName, url: URL) -> bool:
    """Whether it was migrated. What a person must correct may be corrected while this waits."""
    setting, load_keys = configuration.database_setting(service), partial(keys_to_seal_with, configuration)
    try:
        await upgrade_when_up(service, url, timedelta.max, setting=setting, load_secret_keys=load_keys)
    except UnknownRevision:
        return True  # readiness says whether this version can work on it
    except NotRun as error:
        log.error("not_migrated", service=service, detail=error.detail)
        return False
    except Exception:
        log.exception("not_migrated", service=service)
        return False
    return True
